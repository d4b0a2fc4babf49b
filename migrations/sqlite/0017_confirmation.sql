-- +goose Up
-- What households say of visits; what a phone counted while a visit was
-- written, as township totals that name nobody.
CREATE TABLE `confirmation` (
  `township` TEXT NOT NULL,
  `household` TEXT NOT NULL,
  `id` TEXT NOT NULL,
  `seq` INTEGER NOT NULL,
  `version` INTEGER NOT NULL,
  `deleted_at` INTEGER NOT NULL,
  `made_by` TEXT NOT NULL,
  `made_at` INTEGER NOT NULL,
  `visit` TEXT NOT NULL,
  `answer` TEXT NOT NULL,
  `text` TEXT NOT NULL,
  `channel` TEXT NOT NULL,
  PRIMARY KEY (`township`, `household`, `id`),
  CONSTRAINT `confirmation_id` UNIQUE (`township`, `id`)
) WITHOUT ROWID;

CREATE TABLE `burden` (
  `township` TEXT NOT NULL,
  `month` TEXT NOT NULL,
  `what` TEXT NOT NULL,
  `value` INTEGER NOT NULL,
  `n` INTEGER NOT NULL,
  PRIMARY KEY (`township`, `month`, `what`, `value`)
) WITHOUT ROWID;

ALTER TABLE `visit` ADD COLUMN `burden` TEXT NOT NULL DEFAULT '';
