-- +goose Up
-- Every workbook that was brought in: who, what, what became of it. slot is the
-- township while the import runs and its own id afterwards: one at a time.
CREATE TABLE `import` (
  `id` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `township` VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `slot` VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `actor` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `dry` TINYINT(1) NOT NULL,
  `changes` TINYINT(1) NOT NULL,
  `state` VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `sha256` VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `size` BIGINT NOT NULL,
  `added` BIGINT NOT NULL,
  `changed` BIGINT NOT NULL,
  `same` BIGINT NOT NULL,
  `errors` BIGINT NOT NULL,
  `warnings` BIGINT NOT NULL,
  `seq` BIGINT NOT NULL,
  `at` BIGINT NOT NULL,
  `until_at` BIGINT NOT NULL,
  `ended_at` BIGINT NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `import_slot` (`slot`)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE INDEX `import_township` ON `import` (`township`, `at`);
