-- +goose Up
CREATE TABLE `import` (
  `id` TEXT NOT NULL,
  `township` TEXT NOT NULL,
  `slot` TEXT NOT NULL,
  `actor` TEXT NOT NULL,
  `dry` INTEGER NOT NULL,
  `changes` INTEGER NOT NULL,
  `state` TEXT NOT NULL,
  `sha256` TEXT NOT NULL,
  `size` INTEGER NOT NULL,
  `added` INTEGER NOT NULL,
  `changed` INTEGER NOT NULL,
  `same` INTEGER NOT NULL,
  `errors` INTEGER NOT NULL,
  `warnings` INTEGER NOT NULL,
  `seq` INTEGER NOT NULL,
  `at` INTEGER NOT NULL,
  `until_at` INTEGER NOT NULL,
  `ended_at` INTEGER NOT NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `import_slot` UNIQUE (`slot`)
) WITHOUT ROWID;
CREATE INDEX `import_township` ON `import` (`township`, `at`);
