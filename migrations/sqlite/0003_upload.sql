-- +goose Up
-- Where the stored body of a photo lies. Uploads under way live in the upload
-- folder; the shared lease of several servers would get its table here.
CREATE TABLE `photo_body` (
  `township` TEXT NOT NULL,
  `photo` TEXT NOT NULL,
  `author` TEXT NOT NULL,
  `upload` TEXT NOT NULL,
  `sha256` TEXT NOT NULL,
  `size` INTEGER NOT NULL,
  `body_key` TEXT NOT NULL,
  `thumb_key` TEXT NOT NULL,
  `body_size` INTEGER NOT NULL,
  `thumb_size` INTEGER NOT NULL,
  `width` INTEGER NOT NULL,
  `height` INTEGER NOT NULL,
  `made_at` INTEGER NOT NULL,
  `updated_at` INTEGER NOT NULL,
  PRIMARY KEY (`township`, `photo`),
  CONSTRAINT `photo_body_upload` UNIQUE (`upload`)
) WITHOUT ROWID;
CREATE INDEX `photo_body_content` ON `photo_body` (`township`, `author`, `sha256`);
