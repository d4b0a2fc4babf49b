-- +goose Up
-- Work that an admin brought in as a file of a phone names who brought it.
ALTER TABLE `quarantine` ADD COLUMN `brought_by` TEXT NOT NULL DEFAULT '';
