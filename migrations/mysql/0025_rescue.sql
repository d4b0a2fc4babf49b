-- +goose Up
-- Work that an admin brought in as a file of a phone names who brought it.
ALTER TABLE `quarantine` ADD COLUMN `brought_by` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '';
