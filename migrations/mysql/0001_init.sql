-- +goose Up
-- The counter of each township (docs/sync-protocol.md, "Order without gaps").
CREATE TABLE `space` (
  `no` BIGINT NOT NULL AUTO_INCREMENT,
  `township` VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `county` VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `common` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `seq` BIGINT NOT NULL,
  `epoch` BIGINT NOT NULL,
  `min_cursor` BIGINT NOT NULL,
  `audit_head` VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PRIMARY KEY (`no`),
  UNIQUE KEY `space_township` (`township`)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `area` (
  `code` VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `parent` VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `level` VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `name` VARCHAR(60) NOT NULL,
  `township` VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `poor` VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `exit_plan` BIGINT NOT NULL,
  `exit_year` BIGINT NOT NULL,
  `profile` VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PRIMARY KEY (`code`)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE INDEX `area_parent` ON `area` (`parent`);

-- The synced types; the columns are those that server/record reads from the structs.
CREATE TABLE `household` (
  `township` VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `household` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `id` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `seq` BIGINT NOT NULL,
  `version` BIGINT NOT NULL,
  `deleted_at` BIGINT NOT NULL,
  `made_by` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `made_at` BIGINT NOT NULL,
  `no` BIGINT NOT NULL,
  `last_seq` BIGINT NOT NULL,
  `kind` VARCHAR(100) NOT NULL,
  `code` VARCHAR(32) NOT NULL,
  `head` VARCHAR(50) NOT NULL,
  `people` BIGINT NOT NULL,
  `village` VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `place` VARCHAR(60) NOT NULL,
  `phone` TEXT CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `address` VARCHAR(120) NOT NULL,
  `standard` VARCHAR(100) NOT NULL,
  `class` VARCHAR(100) NOT NULL,
  `cause` VARCHAR(100) NOT NULL,
  `causes` TEXT NOT NULL,
  `exit` VARCHAR(100) NOT NULL,
  `exit_year` BIGINT NOT NULL,
  `plan_year` BIGINT NOT NULL,
  `safety` TINYINT(1) NOT NULL,
  `income` BIGINT NOT NULL,
  `danger` VARCHAR(100) NOT NULL,
  `water` VARCHAR(100) NOT NULL,
  `notes` VARCHAR(500) NOT NULL,
  `state` VARCHAR(100) NOT NULL,
  PRIMARY KEY (`township`, `household`, `id`),
  UNIQUE KEY `household_id` (`township`, `id`),
  UNIQUE KEY `household_no` (`township`, `no`)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `member` (
  `township` VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `household` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `id` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `seq` BIGINT NOT NULL,
  `version` BIGINT NOT NULL,
  `deleted_at` BIGINT NOT NULL,
  `made_by` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `made_at` BIGINT NOT NULL,
  `code` VARCHAR(32) NOT NULL,
  `name` VARCHAR(50) NOT NULL,
  `sex` VARCHAR(100) NOT NULL,
  `id_no` TEXT CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `id_index` VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `birth` VARCHAR(7) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `relation` VARCHAR(12) NOT NULL,
  `ethnic` VARCHAR(12) NOT NULL,
  `education` VARCHAR(100) NOT NULL,
  `school` VARCHAR(12) NOT NULL,
  `labour` VARCHAR(100) NOT NULL,
  `work` VARCHAR(100) NOT NULL,
  `work_months` BIGINT NOT NULL,
  `health` VARCHAR(30) NOT NULL,
  `insured` VARCHAR(100) NOT NULL,
  `pension` VARCHAR(100) NOT NULL,
  `left` VARCHAR(30) NOT NULL,
  PRIMARY KEY (`township`, `household`, `id`),
  UNIQUE KEY `member_id` (`township`, `id`)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `pairing` (
  `township` VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `household` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `id` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `seq` BIGINT NOT NULL,
  `version` BIGINT NOT NULL,
  `deleted_at` BIGINT NOT NULL,
  `made_by` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `made_at` BIGINT NOT NULL,
  `cadre` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `name` VARCHAR(50) NOT NULL,
  `unit` VARCHAR(60) NOT NULL,
  `phone` TEXT CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `from_day` VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `to_day` VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `reason` VARCHAR(200) NOT NULL,
  PRIMARY KEY (`township`, `household`, `id`),
  UNIQUE KEY `pairing_id` (`township`, `id`)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `visit` (
  `township` VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `household` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `id` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `seq` BIGINT NOT NULL,
  `version` BIGINT NOT NULL,
  `deleted_at` BIGINT NOT NULL,
  `made_by` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `made_at` BIGINT NOT NULL,
  `day` VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `stage` BIGINT NOT NULL,
  `text` TEXT NOT NULL,
  `met` TEXT NOT NULL,
  `needs` VARCHAR(500) NOT NULL,
  `checkin_at` BIGINT NOT NULL,
  `lat` BIGINT NOT NULL,
  `lng` BIGINT NOT NULL,
  `accuracy` BIGINT NOT NULL,
  `coord` VARCHAR(100) NOT NULL,
  `state` VARCHAR(100) NOT NULL,
  `words` VARCHAR(200) NOT NULL,
  `flags` TEXT NOT NULL,
  `device_at` BIGINT NOT NULL,
  `window_at` BIGINT NOT NULL,
  PRIMARY KEY (`township`, `household`, `id`),
  UNIQUE KEY `visit_id` (`township`, `id`)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `response` (
  `township` VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `household` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `id` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `seq` BIGINT NOT NULL,
  `version` BIGINT NOT NULL,
  `deleted_at` BIGINT NOT NULL,
  `made_by` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `made_at` BIGINT NOT NULL,
  `form` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `visit` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `day` VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `answers` TEXT NOT NULL,
  `score` BIGINT NOT NULL,
  `full` BIGINT NOT NULL,
  `weak` TEXT NOT NULL,
  PRIMARY KEY (`township`, `household`, `id`),
  UNIQUE KEY `response_id` (`township`, `id`)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `photo` (
  `township` VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `household` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `id` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `seq` BIGINT NOT NULL,
  `version` BIGINT NOT NULL,
  `deleted_at` BIGINT NOT NULL,
  `made_by` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `made_at` BIGINT NOT NULL,
  `visit` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `sha256` VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `size` BIGINT NOT NULL,
  `mime` VARCHAR(100) NOT NULL,
  `note` VARCHAR(100) NOT NULL,
  `state` VARCHAR(100) NOT NULL,
  `width` BIGINT NOT NULL,
  `height` BIGINT NOT NULL,
  PRIMARY KEY (`township`, `household`, `id`),
  UNIQUE KEY `photo_id` (`township`, `id`)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `proposal` (
  `township` VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `household` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `id` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `seq` BIGINT NOT NULL,
  `version` BIGINT NOT NULL,
  `deleted_at` BIGINT NOT NULL,
  `made_by` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `made_at` BIGINT NOT NULL,
  `target` VARCHAR(100) NOT NULL,
  `row` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `field` VARCHAR(100) NOT NULL,
  `was` TEXT CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `mine` TEXT CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `theirs` TEXT CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `state` VARCHAR(100) NOT NULL,
  `reason` VARCHAR(200) NOT NULL,
  `words` VARCHAR(200) NOT NULL,
  PRIMARY KEY (`township`, `household`, `id`),
  UNIQUE KEY `proposal_id` (`township`, `id`)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `form` (
  `township` VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `household` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `id` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `seq` BIGINT NOT NULL,
  `version` BIGINT NOT NULL,
  `deleted_at` BIGINT NOT NULL,
  `made_by` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `made_at` BIGINT NOT NULL,
  `code` VARCHAR(32) NOT NULL,
  `edition` BIGINT NOT NULL,
  `title` VARCHAR(60) NOT NULL,
  `kind` VARCHAR(100) NOT NULL,
  `sha256` VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `size` BIGINT NOT NULL,
  `state` VARCHAR(100) NOT NULL,
  PRIMARY KEY (`township`, `household`, `id`),
  UNIQUE KEY `form_id` (`township`, `id`)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `card` (
  `township` VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `household` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `id` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `seq` BIGINT NOT NULL,
  `version` BIGINT NOT NULL,
  `deleted_at` BIGINT NOT NULL,
  `made_by` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `made_at` BIGINT NOT NULL,
  `code` VARCHAR(32) NOT NULL,
  `edition` BIGINT NOT NULL,
  `topic` VARCHAR(16) NOT NULL,
  `title` VARCHAR(60) NOT NULL,
  `sort` BIGINT NOT NULL,
  `sha256` VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `size` BIGINT NOT NULL,
  `state` VARCHAR(100) NOT NULL,
  PRIMARY KEY (`township`, `household`, `id`),
  UNIQUE KEY `card_id` (`township`, `id`)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE INDEX `member_index` ON `member` (`township`, `id_index`);
CREATE INDEX `visit_state` ON `visit` (`township`, `state`, `id`);
CREATE INDEX `proposal_state` ON `proposal` (`township`, `state`, `id`);
CREATE INDEX `pairing_cadre` ON `pairing` (`cadre`);

-- Who syncs what: history, only until_seq and ended_at are ever set.
CREATE TABLE `assignment` (
  `principal` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `township` VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `household` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `source` VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `since_seq` BIGINT NOT NULL,
  `until_seq` BIGINT NOT NULL,
  `ended_at` BIGINT NOT NULL,
  `role` VARCHAR(1) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PRIMARY KEY (`principal`, `township`, `household`, `source`, `since_seq`)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE INDEX `assignment_household` ON `assignment` (`township`, `household`);

CREATE TABLE `client` (
  `id` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `user` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `last_mid` BIGINT NOT NULL,
  `acked_mid` BIGINT NOT NULL,
  `schema` BIGINT NOT NULL,
  `unsent` BIGINT NOT NULL,
  `oldest_at` BIGINT NOT NULL,
  `seen_at` BIGINT NOT NULL,
  `wipe` TINYINT(1) NOT NULL,
  PRIMARY KEY (`id`)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE INDEX `client_user` ON `client` (`user`);

CREATE TABLE `result` (
  `client` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `mid` BIGINT NOT NULL,
  `hash` VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `code` VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `reason` VARCHAR(300) NOT NULL,
  `ref` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PRIMARY KEY (`client`, `mid`)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `receipt` (
  `township` VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `row` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `hash` VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `code` VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `ref` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `at` BIGINT NOT NULL,
  PRIMARY KEY (`township`, `row`, `hash`)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `quarantine` (
  `township` VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `id` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `household` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `user` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `mutation` MEDIUMTEXT NOT NULL,
  `base` BIGINT NOT NULL,
  `why` VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `state` VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `reason` VARCHAR(200) NOT NULL,
  `at` BIGINT NOT NULL,
  `settled_by` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `settled_at` BIGINT NOT NULL,
  PRIMARY KEY (`township`, `id`)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE INDEX `quarantine_state` ON `quarantine` (`township`, `state`, `id`);

-- Every overwritten value, and who wrote over it.
CREATE TABLE `history` (
  `no` BIGINT NOT NULL AUTO_INCREMENT,
  `township` VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `household` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `type` VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `row` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `field` VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `seq` BIGINT NOT NULL,
  `old` TEXT NOT NULL,
  `new` TEXT NOT NULL,
  `by` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `at` BIGINT NOT NULL,
  `device_at` BIGINT NOT NULL,
  PRIMARY KEY (`no`)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE INDEX `history_row` ON `history` (`township`, `type`, `row`, `seq`);

CREATE TABLE `step` (
  `no` BIGINT NOT NULL AUTO_INCREMENT,
  `township` VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `type` VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `row` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `rev` BIGINT NOT NULL,
  `from` VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `to` VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `by` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `reason` VARCHAR(200) NOT NULL,
  `at` BIGINT NOT NULL,
  PRIMARY KEY (`no`)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE INDEX `step_row` ON `step` (`township`, `type`, `row`);

CREATE TABLE `body` (
  `township` VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `sha256` VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `mime` VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `size` BIGINT NOT NULL,
  `body` MEDIUMBLOB NOT NULL,
  PRIMARY KEY (`township`, `sha256`)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- One row per writing transaction, chained by HMAC; the head is in space.audit_head.
CREATE TABLE `audit` (
  `space` BIGINT NOT NULL,
  `seq` BIGINT NOT NULL,
  `at` BIGINT NOT NULL,
  `actor` VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `action` VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `rows` MEDIUMTEXT NOT NULL,
  `hash` VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PRIMARY KEY (`space`, `seq`)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
