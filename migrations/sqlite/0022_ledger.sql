-- +goose Up
ALTER TABLE `measure` ADD COLUMN `result_visit` TEXT NOT NULL DEFAULT '';
ALTER TABLE `measure` ADD COLUMN `yield_quantity` INTEGER NOT NULL DEFAULT 0;
ALTER TABLE `measure` ADD COLUMN `yield_unit` TEXT NOT NULL DEFAULT '';
ALTER TABLE `measure` ADD COLUMN `yield_amount` INTEGER NOT NULL DEFAULT 0;
ALTER TABLE `measure` ADD COLUMN `yield_day` TEXT NOT NULL DEFAULT '';
ALTER TABLE `measure` ADD COLUMN `agreement` TEXT NOT NULL DEFAULT '';
ALTER TABLE `measure` ADD COLUMN `objection` TEXT NOT NULL DEFAULT '';
ALTER TABLE `measure` ADD COLUMN `agreed_by` TEXT NOT NULL DEFAULT '';
ALTER TABLE `measure` ADD COLUMN `agreed_day` TEXT NOT NULL DEFAULT '';
ALTER TABLE `measure` ADD COLUMN `arrived` TEXT NOT NULL DEFAULT '';
ALTER TABLE `measure` ADD COLUMN `arrived_by` TEXT NOT NULL DEFAULT '';
ALTER TABLE `measure` ADD COLUMN `arrived_day` TEXT NOT NULL DEFAULT '';
ALTER TABLE `measure` ADD COLUMN `moved_in` INTEGER NOT NULL DEFAULT 0;
ALTER TABLE `measure` ADD COLUMN `moved_out` INTEGER NOT NULL DEFAULT 0;

-- Money: what every fund holds, and each movement. An entry is never changed.
CREATE TABLE `fund` (
  `township` TEXT NOT NULL,
  `household` TEXT NOT NULL,
  `id` TEXT NOT NULL,
  `seq` INTEGER NOT NULL,
  `version` INTEGER NOT NULL,
  `deleted_at` INTEGER NOT NULL,
  `made_by` TEXT NOT NULL,
  `made_at` INTEGER NOT NULL,
  `name` TEXT NOT NULL,
  `source` TEXT NOT NULL,
  `year` INTEGER NOT NULL,
  `day` TEXT NOT NULL,
  `opens` INTEGER NOT NULL,
  `total` INTEGER NOT NULL,
  `free` INTEGER NOT NULL,
  `accounts` TEXT NOT NULL,
  PRIMARY KEY (`township`, `household`, `id`),
  CONSTRAINT `fund_id` UNIQUE (`township`, `id`)
) WITHOUT ROWID;
CREATE INDEX `fund_day` ON `fund` (`township`, `day`, `id`);
CREATE TABLE `entry` (
  `township` TEXT NOT NULL,
  `household` TEXT NOT NULL,
  `id` TEXT NOT NULL,
  `seq` INTEGER NOT NULL,
  `version` INTEGER NOT NULL,
  `deleted_at` INTEGER NOT NULL,
  `made_by` TEXT NOT NULL,
  `made_at` INTEGER NOT NULL,
  `fund` TEXT NOT NULL,
  `debit` TEXT NOT NULL,
  `credit` TEXT NOT NULL,
  `fen` INTEGER NOT NULL,
  `day` TEXT NOT NULL,
  `why` TEXT NOT NULL,
  `reason` TEXT NOT NULL,
  PRIMARY KEY (`township`, `household`, `id`),
  CONSTRAINT `entry_id` UNIQUE (`township`, `id`)
) WITHOUT ROWID;
CREATE INDEX `entry_fund` ON `entry` (`township`, `fund`, `seq`, `id`);
CREATE INDEX `entry_debit` ON `entry` (`township`, `debit`);
CREATE INDEX `entry_credit` ON `entry` (`township`, `credit`);
