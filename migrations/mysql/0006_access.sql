-- +goose Up
-- Every look at a sealed field, written before the value is answered; no value.
CREATE TABLE `access_log` (
  `id` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `township` VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `household` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `member` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `field` VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `user` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `role` VARCHAR(1) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `reason` VARCHAR(200) NOT NULL,
  `at` BIGINT NOT NULL,
  PRIMARY KEY (`id`)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE INDEX `access_log_household` ON `access_log` (`township`, `household`, `at`);

-- The search by name.
CREATE INDEX `member_name` ON `member` (`township`, `name`);
