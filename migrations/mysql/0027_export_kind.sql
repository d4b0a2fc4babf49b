-- +goose Up
-- What left: '' a workbook, sheet of one household, log, copy of a household's own data. Each is counted by itself.
ALTER TABLE `export` ADD COLUMN `kind` VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '';
ALTER TABLE `export` DROP KEY `export_place`;
ALTER TABLE `export` ADD UNIQUE KEY `export_place` (`day`, `actor`, `full`, `kind`, `place`);
