-- +goose Up
-- When the personal data of a household, or of one person, was erased; 0 = not.
ALTER TABLE `household` ADD COLUMN `erased_at` INTEGER NOT NULL DEFAULT 0;
ALTER TABLE `member` ADD COLUMN `erased_at` INTEGER NOT NULL DEFAULT 0;
