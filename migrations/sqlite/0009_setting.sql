-- +goose Up
-- A township's own rules, one row an edition.
CREATE TABLE `setting` (
  `township` TEXT NOT NULL,
  `household` TEXT NOT NULL,
  `id` TEXT NOT NULL,
  `seq` INTEGER NOT NULL,
  `version` INTEGER NOT NULL,
  `deleted_at` INTEGER NOT NULL,
  `made_by` TEXT NOT NULL,
  `made_at` INTEGER NOT NULL,
  `code` TEXT NOT NULL,
  `edition` INTEGER NOT NULL,
  `title` TEXT NOT NULL,
  `sha256` TEXT NOT NULL,
  `size` INTEGER NOT NULL,
  `state` TEXT NOT NULL,
  `reason` TEXT NOT NULL,
  PRIMARY KEY (`township`, `household`, `id`),
  CONSTRAINT `setting_id` UNIQUE (`township`, `id`)
) WITHOUT ROWID;
