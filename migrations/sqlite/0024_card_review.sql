-- +goose Up
-- A policy card is approved by another admin than its author, who is told why it came back.
ALTER TABLE `card` ADD COLUMN `words` TEXT NOT NULL DEFAULT '';
