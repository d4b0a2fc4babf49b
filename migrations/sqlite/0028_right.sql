-- +goose Up
-- What persons ask for about their own data, and its answer.
CREATE TABLE `datarequest` (
  `township` TEXT NOT NULL,
  `household` TEXT NOT NULL,
  `id` TEXT NOT NULL,
  `seq` INTEGER NOT NULL,
  `version` INTEGER NOT NULL,
  `deleted_at` INTEGER NOT NULL,
  `made_by` TEXT NOT NULL,
  `made_at` INTEGER NOT NULL,
  `kind` TEXT NOT NULL,
  `asker` TEXT NOT NULL,
  `way` TEXT NOT NULL,
  `member` TEXT NOT NULL,
  `text` TEXT NOT NULL,
  `day` TEXT NOT NULL,
  `due` TEXT NOT NULL,
  `state` TEXT NOT NULL,
  `answer` TEXT NOT NULL,
  `settled_by` TEXT NOT NULL,
  `settled_at` INTEGER NOT NULL,
  PRIMARY KEY (`township`, `household`, `id`),
  CONSTRAINT `datarequest_id` UNIQUE (`township`, `id`)
) WITHOUT ROWID;
CREATE INDEX `datarequest_due` ON `datarequest` (`township`, `state`, `due`, `id`);

-- What auditors find about a record.
CREATE TABLE `finding` (
  `township` TEXT NOT NULL,
  `household` TEXT NOT NULL,
  `id` TEXT NOT NULL,
  `seq` INTEGER NOT NULL,
  `version` INTEGER NOT NULL,
  `deleted_at` INTEGER NOT NULL,
  `made_by` TEXT NOT NULL,
  `made_at` INTEGER NOT NULL,
  `about` TEXT NOT NULL,
  `row` TEXT NOT NULL,
  `severity` TEXT NOT NULL,
  `text` TEXT NOT NULL,
  `due` TEXT NOT NULL,
  `state` TEXT NOT NULL,
  `answer` TEXT NOT NULL,
  `answered_by` TEXT NOT NULL,
  `answered_at` INTEGER NOT NULL,
  `closed` TEXT NOT NULL,
  `words` TEXT NOT NULL,
  PRIMARY KEY (`township`, `household`, `id`),
  CONSTRAINT `finding_id` UNIQUE (`township`, `id`)
) WITHOUT ROWID;
CREATE INDEX `finding_due` ON `finding` (`township`, `state`, `due`, `id`);
