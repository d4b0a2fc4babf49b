-- +goose Up
CREATE TABLE `measure` (
  `township` TEXT NOT NULL,
  `household` TEXT NOT NULL,
  `id` TEXT NOT NULL,
  `seq` INTEGER NOT NULL,
  `version` INTEGER NOT NULL,
  `deleted_at` INTEGER NOT NULL,
  `made_by` TEXT NOT NULL,
  `made_at` INTEGER NOT NULL,
  `kind` TEXT NOT NULL,
  `what` TEXT NOT NULL,
  `risk` TEXT NOT NULL,
  `from_day` TEXT NOT NULL,
  `to_day` TEXT NOT NULL,
  `amount` INTEGER NOT NULL,
  `given` INTEGER NOT NULL,
  `quantity` INTEGER NOT NULL,
  `unit` TEXT NOT NULL,
  `stage` TEXT NOT NULL,
  `result` TEXT NOT NULL,
  `visit` TEXT NOT NULL,
  `fund` TEXT NOT NULL,
  `state` TEXT NOT NULL,
  `words` TEXT NOT NULL,
  PRIMARY KEY (`township`, `household`, `id`),
  CONSTRAINT `measure_id` UNIQUE (`township`, `id`)
) WITHOUT ROWID;
CREATE INDEX `measure_state` ON `measure` (`township`, `state`, `id`);

-- Figures another source gives of a township, beside ours; never changed.
CREATE TABLE `source_figures` (
  `id` TEXT NOT NULL,
  `township` TEXT NOT NULL,
  `name` TEXT NOT NULL,
  `day` TEXT NOT NULL,
  `households` INTEGER NOT NULL,
  `people` INTEGER NOT NULL,
  `by` TEXT NOT NULL,
  `who` TEXT NOT NULL,
  `at` INTEGER NOT NULL,
  PRIMARY KEY (`id`)
) WITHOUT ROWID;
CREATE INDEX `source_figures_township` ON `source_figures` (`township`, `at`);
