-- +goose Up
-- What households say of pictures; what a phone draws into one; what one looks
-- like, to find it again in another visit.
CREATE TABLE `consent` (
  `township` VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `household` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `id` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `seq` BIGINT NOT NULL,
  `version` BIGINT NOT NULL,
  `deleted_at` BIGINT NOT NULL,
  `made_by` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `made_at` BIGINT NOT NULL,
  `answer` VARCHAR(20) NOT NULL,
  `day` VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `member` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `who` VARCHAR(30) NOT NULL,
  `edition` VARCHAR(20) NOT NULL,
  `channel` VARCHAR(20) NOT NULL,
  PRIMARY KEY (`township`, `household`, `id`),
  UNIQUE KEY `consent_id` (`township`, `id`)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

ALTER TABLE `photo`
  ADD COLUMN `taken_at` BIGINT NOT NULL DEFAULT 0,
  ADD COLUMN `place` VARCHAR(60) NOT NULL DEFAULT '',
  ADD COLUMN `cadre` VARCHAR(30) NOT NULL DEFAULT '',
  ADD COLUMN `flags` TEXT NOT NULL,
  ADD COLUMN `twin` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '';
CREATE INDEX `photo_author` ON `photo` (`township`, `made_by`, `state`);

ALTER TABLE `photo_body`
  ADD COLUMN `dhash` VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '';
CREATE INDEX `photo_body_sum` ON `photo_body` (`township`, `sha256`);
CREATE INDEX `photo_body_print` ON `photo_body` (`township`, `dhash`);
CREATE INDEX `photo_body_key` ON `photo_body` (`body_key`);
