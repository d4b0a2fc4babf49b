-- +goose Up
-- A policy card is approved by another admin than its author, who is told why it came back.
ALTER TABLE `card` ADD COLUMN `words` VARCHAR(200) NOT NULL DEFAULT '';
