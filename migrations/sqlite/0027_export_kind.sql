-- +goose Up
-- What left: '' a workbook, sheet of one household, log, copy of a household's own data. Each is counted by itself.
CREATE TABLE `export_kinds` (
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
  `kind` TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (`id`),
  CONSTRAINT `export_place` UNIQUE (`day`, `actor`, `full`, `kind`, `place`)
) WITHOUT ROWID;
INSERT INTO `export_kinds` (`id`, `township`, `actor`, `role`, `full`, `day`, `place`, `reason`, `households`, `people`, `at`) SELECT `id`, `township`, `actor`, `role`, `full`, `day`, `place`, `reason`, `households`, `people`, `at` FROM `export`;
DROP TABLE `export`;
ALTER TABLE `export_kinds` RENAME TO `export`;
