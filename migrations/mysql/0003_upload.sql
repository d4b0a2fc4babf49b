-- +goose Up
-- Where the stored body of a photo lies. Uploads under way live in the upload
-- folder; the shared lease of several servers would get its table here.
CREATE TABLE `photo_body` (
  `township` VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `photo` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `author` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `upload` VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `sha256` VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `size` BIGINT NOT NULL,
  `body_key` VARCHAR(160) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `thumb_key` VARCHAR(160) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `body_size` BIGINT NOT NULL,
  `thumb_size` BIGINT NOT NULL,
  `width` BIGINT NOT NULL,
  `height` BIGINT NOT NULL,
  `made_at` BIGINT NOT NULL,
  `updated_at` BIGINT NOT NULL,
  PRIMARY KEY (`township`, `photo`),
  UNIQUE KEY `photo_body_upload` (`upload`)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE INDEX `photo_body_content` ON `photo_body` (`township`, `author`, `sha256`);
