-- +goose Up
-- What an exam keeps from phones; the verdict of answered papers.
ALTER TABLE `form`
  ADD COLUMN `key_sha256` VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '';
ALTER TABLE `response`
  ADD COLUMN `verdict` VARCHAR(8) NOT NULL DEFAULT '',
  ADD COLUMN `failing` TEXT NOT NULL,
  ADD COLUMN `missing` TEXT NOT NULL;
