-- +goose Up
CREATE TABLE `need` (
  `township` TEXT NOT NULL,
  `household` TEXT NOT NULL,
  `id` TEXT NOT NULL,
  `seq` INTEGER NOT NULL,
  `version` INTEGER NOT NULL,
  `deleted_at` INTEGER NOT NULL,
  `made_by` TEXT NOT NULL,
  `made_at` INTEGER NOT NULL,
  `text` TEXT NOT NULL,
  `kind` TEXT NOT NULL,
  `visit` TEXT NOT NULL,
  `answer` TEXT NOT NULL,
  `closed` TEXT NOT NULL,
  PRIMARY KEY (`township`, `household`, `id`),
  CONSTRAINT `need_id` UNIQUE (`township`, `id`)
) WITHOUT ROWID;
