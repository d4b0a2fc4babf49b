-- +goose Up
-- Days and audience of cards; recordings of them; who was given the booklet.
ALTER TABLE `card` ADD COLUMN `from_day` TEXT NOT NULL DEFAULT '';
ALTER TABLE `card` ADD COLUMN `until_day` TEXT NOT NULL DEFAULT '';
ALTER TABLE `card` ADD COLUMN `audience` TEXT NOT NULL DEFAULT '';

CREATE TABLE `clip` (
  `township` TEXT NOT NULL,
  `household` TEXT NOT NULL,
  `id` TEXT NOT NULL,
  `seq` INTEGER NOT NULL,
  `version` INTEGER NOT NULL,
  `deleted_at` INTEGER NOT NULL,
  `made_by` TEXT NOT NULL,
  `made_at` INTEGER NOT NULL,
  `card` TEXT NOT NULL,
  `edition` INTEGER NOT NULL,
  `dialect` TEXT NOT NULL,
  `sha256` TEXT NOT NULL,
  `size` INTEGER NOT NULL,
  `sound` TEXT NOT NULL,
  `bytes` INTEGER NOT NULL,
  `seconds` INTEGER NOT NULL,
  `state` TEXT NOT NULL,
  `words` TEXT NOT NULL,
  PRIMARY KEY (`township`, `household`, `id`),
  CONSTRAINT `clip_id` UNIQUE (`township`, `id`)
) WITHOUT ROWID;
CREATE INDEX `clip_state` ON `clip` (`township`, `state`, `id`);
CREATE INDEX `clip_sound` ON `clip` (`township`, `sound`);

CREATE TABLE `delivery` (
  `township` TEXT NOT NULL,
  `household` TEXT NOT NULL,
  `id` TEXT NOT NULL,
  `seq` INTEGER NOT NULL,
  `version` INTEGER NOT NULL,
  `deleted_at` INTEGER NOT NULL,
  `made_by` TEXT NOT NULL,
  `made_at` INTEGER NOT NULL,
  `edition` INTEGER NOT NULL,
  `day` TEXT NOT NULL,
  `way` TEXT NOT NULL,
  `cards` TEXT NOT NULL,
  `receipt` TEXT NOT NULL,
  `channel` TEXT NOT NULL,
  PRIMARY KEY (`township`, `household`, `id`),
  CONSTRAINT `delivery_id` UNIQUE (`township`, `id`)
) WITHOUT ROWID;
CREATE INDEX `delivery_edition` ON `delivery` (`township`, `edition`, `household`);
