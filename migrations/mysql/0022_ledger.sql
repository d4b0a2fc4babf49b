-- +goose Up
ALTER TABLE `measure` ADD COLUMN `result_visit` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '';
ALTER TABLE `measure` ADD COLUMN `yield_quantity` BIGINT NOT NULL DEFAULT 0;
ALTER TABLE `measure` ADD COLUMN `yield_unit` VARCHAR(10) NOT NULL DEFAULT '';
ALTER TABLE `measure` ADD COLUMN `yield_amount` BIGINT NOT NULL DEFAULT 0;
ALTER TABLE `measure` ADD COLUMN `yield_day` VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '';
ALTER TABLE `measure` ADD COLUMN `agreement` VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '';
ALTER TABLE `measure` ADD COLUMN `objection` VARCHAR(200) NOT NULL DEFAULT '';
ALTER TABLE `measure` ADD COLUMN `agreed_by` VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '';
ALTER TABLE `measure` ADD COLUMN `agreed_day` VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '';
ALTER TABLE `measure` ADD COLUMN `arrived` VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '';
ALTER TABLE `measure` ADD COLUMN `arrived_by` VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '';
ALTER TABLE `measure` ADD COLUMN `arrived_day` VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '';
ALTER TABLE `measure` ADD COLUMN `moved_in` BIGINT NOT NULL DEFAULT 0;
ALTER TABLE `measure` ADD COLUMN `moved_out` BIGINT NOT NULL DEFAULT 0;

-- Money: what every fund holds, and each movement. An entry is never changed.
CREATE TABLE `fund` (
  `township` VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `household` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `id` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `seq` BIGINT NOT NULL,
  `version` BIGINT NOT NULL,
  `deleted_at` BIGINT NOT NULL,
  `made_by` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `made_at` BIGINT NOT NULL,
  `name` VARCHAR(60) NOT NULL,
  `source` VARCHAR(60) NOT NULL,
  `year` BIGINT NOT NULL,
  `day` VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `opens` TINYINT(1) NOT NULL,
  `total` BIGINT NOT NULL,
  `free` BIGINT NOT NULL,
  `accounts` TEXT NOT NULL,
  PRIMARY KEY (`township`, `household`, `id`),
  UNIQUE KEY `fund_id` (`township`, `id`)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE INDEX `fund_day` ON `fund` (`township`, `day`, `id`);
CREATE TABLE `entry` (
  `township` VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `household` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `id` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `seq` BIGINT NOT NULL,
  `version` BIGINT NOT NULL,
  `deleted_at` BIGINT NOT NULL,
  `made_by` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `made_at` BIGINT NOT NULL,
  `fund` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `debit` VARCHAR(60) NOT NULL,
  `credit` VARCHAR(60) NOT NULL,
  `fen` BIGINT NOT NULL,
  `day` VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `why` VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `reason` VARCHAR(200) NOT NULL,
  PRIMARY KEY (`township`, `household`, `id`),
  UNIQUE KEY `entry_id` (`township`, `id`)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE INDEX `entry_fund` ON `entry` (`township`, `fund`, `seq`, `id`);
CREATE INDEX `entry_debit` ON `entry` (`township`, `debit`);
CREATE INDEX `entry_credit` ON `entry` (`township`, `credit`);
