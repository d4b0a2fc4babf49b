-- +goose Up
ALTER TABLE `user` ADD COLUMN `tier` TEXT NOT NULL DEFAULT '';

CREATE TABLE `export` (
  `id` TEXT NOT NULL,
  `township` TEXT NOT NULL,
  `actor` TEXT NOT NULL,
  `role` TEXT NOT NULL,
  `full` INTEGER NOT NULL,
  `day` TEXT NOT NULL,
  `place` INTEGER NOT NULL,
  `reason` TEXT NOT NULL,
  `households` INTEGER NOT NULL,
  `people` INTEGER NOT NULL,
  `at` INTEGER NOT NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `export_place` UNIQUE (`day`, `actor`, `full`, `place`)
) WITHOUT ROWID;
