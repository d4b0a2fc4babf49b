-- +goose Up
CREATE TABLE `measure` (
  `township` VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `household` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `id` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `seq` BIGINT NOT NULL,
  `version` BIGINT NOT NULL,
  `deleted_at` BIGINT NOT NULL,
  `made_by` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `made_at` BIGINT NOT NULL,
  `kind` VARCHAR(100) NOT NULL,
  `what` VARCHAR(500) NOT NULL,
  `risk` VARCHAR(20) NOT NULL,
  `from_day` VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `to_day` VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `amount` BIGINT NOT NULL,
  `given` BIGINT NOT NULL,
  `quantity` BIGINT NOT NULL,
  `unit` VARCHAR(10) NOT NULL,
  `stage` VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `result` VARCHAR(500) NOT NULL,
  `visit` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `fund` VARCHAR(60) NOT NULL,
  `state` VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `words` VARCHAR(200) NOT NULL,
  PRIMARY KEY (`township`, `household`, `id`),
  UNIQUE KEY `measure_id` (`township`, `id`)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE INDEX `measure_state` ON `measure` (`township`, `state`, `id`);

-- Figures another source gives of a township, beside ours; never changed.
CREATE TABLE `source_figures` (
  `id` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `township` VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `name` VARCHAR(60) NOT NULL,
  `day` VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `households` BIGINT NOT NULL,
  `people` BIGINT NOT NULL,
  `by` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `who` VARCHAR(50) NOT NULL,
  `at` BIGINT NOT NULL,
  PRIMARY KEY (`id`)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE INDEX `source_figures_township` ON `source_figures` (`township`, `at`);
