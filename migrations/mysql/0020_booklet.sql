-- +goose Up
-- Days and audience of cards; recordings of them; who was given the booklet.
ALTER TABLE `card`
  ADD COLUMN `from_day` VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  ADD COLUMN `until_day` VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  ADD COLUMN `audience` TEXT NOT NULL;

CREATE TABLE `clip` (
  `township` VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `household` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `id` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `seq` BIGINT NOT NULL,
  `version` BIGINT NOT NULL,
  `deleted_at` BIGINT NOT NULL,
  `made_by` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `made_at` BIGINT NOT NULL,
  `card` VARCHAR(32) NOT NULL,
  `edition` BIGINT NOT NULL,
  `dialect` VARCHAR(20) NOT NULL,
  `sha256` VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `size` BIGINT NOT NULL,
  `sound` VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `bytes` BIGINT NOT NULL,
  `seconds` BIGINT NOT NULL,
  `state` VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `words` VARCHAR(200) NOT NULL,
  PRIMARY KEY (`township`, `household`, `id`),
  UNIQUE KEY `clip_id` (`township`, `id`)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE INDEX `clip_state` ON `clip` (`township`, `state`, `id`);
CREATE INDEX `clip_sound` ON `clip` (`township`, `sound`);

CREATE TABLE `delivery` (
  `township` VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `household` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `id` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `seq` BIGINT NOT NULL,
  `version` BIGINT NOT NULL,
  `deleted_at` BIGINT NOT NULL,
  `made_by` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `made_at` BIGINT NOT NULL,
  `edition` BIGINT NOT NULL,
  `day` VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `way` VARCHAR(100) NOT NULL,
  `cards` TEXT NOT NULL,
  `receipt` VARCHAR(100) NOT NULL,
  `channel` VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PRIMARY KEY (`township`, `household`, `id`),
  UNIQUE KEY `delivery_id` (`township`, `id`)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE INDEX `delivery_edition` ON `delivery` (`township`, `edition`, `household`);
