-- +goose Up
-- What an exam keeps from phones; the verdict of answered papers.
ALTER TABLE `form` ADD COLUMN `key_sha256` TEXT NOT NULL DEFAULT '';
ALTER TABLE `response` ADD COLUMN `verdict` TEXT NOT NULL DEFAULT '';
ALTER TABLE `response` ADD COLUMN `failing` TEXT NOT NULL DEFAULT '';
ALTER TABLE `response` ADD COLUMN `missing` TEXT NOT NULL DEFAULT '';
