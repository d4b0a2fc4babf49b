-- +goose Up
-- What households say of pictures; what a phone draws into one; what one looks
-- like, to find it again in another visit.
CREATE TABLE `consent` (
  `township` TEXT NOT NULL,
  `household` TEXT NOT NULL,
  `id` TEXT NOT NULL,
  `seq` INTEGER NOT NULL,
  `version` INTEGER NOT NULL,
  `deleted_at` INTEGER NOT NULL,
  `made_by` TEXT NOT NULL,
  `made_at` INTEGER NOT NULL,
  `answer` TEXT NOT NULL,
  `day` TEXT NOT NULL,
  `member` TEXT NOT NULL,
  `who` TEXT NOT NULL,
  `edition` TEXT NOT NULL,
  `channel` TEXT NOT NULL,
  PRIMARY KEY (`township`, `household`, `id`),
  CONSTRAINT `consent_id` UNIQUE (`township`, `id`)
) WITHOUT ROWID;

ALTER TABLE `photo` ADD COLUMN `taken_at` INTEGER NOT NULL DEFAULT 0;
ALTER TABLE `photo` ADD COLUMN `place` TEXT NOT NULL DEFAULT '';
ALTER TABLE `photo` ADD COLUMN `cadre` TEXT NOT NULL DEFAULT '';
ALTER TABLE `photo` ADD COLUMN `flags` TEXT NOT NULL DEFAULT '';
ALTER TABLE `photo` ADD COLUMN `twin` TEXT NOT NULL DEFAULT '';
CREATE INDEX `photo_author` ON `photo` (`township`, `made_by`, `state`);

ALTER TABLE `photo_body` ADD COLUMN `dhash` TEXT NOT NULL DEFAULT '';
CREATE INDEX `photo_body_sum` ON `photo_body` (`township`, `sha256`);
CREATE INDEX `photo_body_print` ON `photo_body` (`township`, `dhash`);
CREATE INDEX `photo_body_key` ON `photo_body` (`body_key`);
