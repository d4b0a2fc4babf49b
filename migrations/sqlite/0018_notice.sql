-- +goose Up
-- Public notices.
CREATE TABLE `notice` (
  `township` TEXT NOT NULL,
  `household` TEXT NOT NULL,
  `id` TEXT NOT NULL,
  `seq` INTEGER NOT NULL,
  `version` INTEGER NOT NULL,
  `deleted_at` INTEGER NOT NULL,
  `made_by` TEXT NOT NULL,
  `made_at` INTEGER NOT NULL,
  `kind` TEXT NOT NULL,
  `title` TEXT NOT NULL,
  `text` TEXT NOT NULL,
  `rows` TEXT NOT NULL,
  `hotline` TEXT NOT NULL,
  `from_day` TEXT NOT NULL,
  `until_day` TEXT NOT NULL,
  `state` TEXT NOT NULL,
  `reason` TEXT NOT NULL,
  PRIMARY KEY (`township`, `household`, `id`),
  CONSTRAINT `notice_id` UNIQUE (`township`, `id`)
) WITHOUT ROWID;
CREATE INDEX `notice_state` ON `notice` (`state`, `township`);
