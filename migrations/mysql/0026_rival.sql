-- +goose Up
-- Whoever settles a conflict sees whose value is there, and since when.
ALTER TABLE `proposal` ADD COLUMN `rival` VARCHAR(50) NOT NULL DEFAULT '';
ALTER TABLE `proposal` ADD COLUMN `rival_at` BIGINT NOT NULL DEFAULT 0;
