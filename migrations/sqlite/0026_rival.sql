-- +goose Up
-- Whoever settles a conflict sees whose value is there, and since when.
ALTER TABLE `proposal` ADD COLUMN `rival` TEXT NOT NULL DEFAULT '';
ALTER TABLE `proposal` ADD COLUMN `rival_at` INTEGER NOT NULL DEFAULT 0;
