-- +goose Up
-- Where a cadre comes from: county, township, village; '' = not told.
ALTER TABLE `user` ADD COLUMN `tier` VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '';

-- Every workbook that was given out: who, when, why, how much. The unique key
-- counts the exports of a day: two at once cannot take the same place.
CREATE TABLE `export` (
  `id` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `township` VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `actor` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `role` VARCHAR(1) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `full` TINYINT(1) NOT NULL,
  `day` VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `place` BIGINT NOT NULL,
  `reason` VARCHAR(200) NOT NULL,
  `households` BIGINT NOT NULL,
  `people` BIGINT NOT NULL,
  `at` BIGINT NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `export_place` (`day`, `actor`, `full`, `place`)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
