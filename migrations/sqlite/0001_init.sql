-- +goose Up
-- The counter of each township (docs/sync-protocol.md, "Order without gaps").
CREATE TABLE `space` (
  `no` INTEGER NOT NULL,
  `township` TEXT NOT NULL,
  `county` TEXT NOT NULL,
  `common` TEXT NOT NULL,
  `seq` INTEGER NOT NULL,
  `epoch` INTEGER NOT NULL,
  `min_cursor` INTEGER NOT NULL,
  `audit_head` TEXT NOT NULL,
  PRIMARY KEY (`no`),
  CONSTRAINT `space_township` UNIQUE (`township`)
);

CREATE TABLE `area` (
  `code` TEXT NOT NULL,
  `parent` TEXT NOT NULL,
  `level` TEXT NOT NULL,
  `name` TEXT NOT NULL,
  `township` TEXT NOT NULL,
  `poor` TEXT NOT NULL,
  `exit_plan` INTEGER NOT NULL,
  `exit_year` INTEGER NOT NULL,
  `profile` TEXT NOT NULL,
  PRIMARY KEY (`code`)
) WITHOUT ROWID;
CREATE INDEX `area_parent` ON `area` (`parent`);

-- The synced types; the columns are those that server/record reads from the structs.
CREATE TABLE `household` (
  `township` TEXT NOT NULL,
  `household` TEXT NOT NULL,
  `id` TEXT NOT NULL,
  `seq` INTEGER NOT NULL,
  `version` INTEGER NOT NULL,
  `deleted_at` INTEGER NOT NULL,
  `made_by` TEXT NOT NULL,
  `made_at` INTEGER NOT NULL,
  `no` INTEGER NOT NULL,
  `last_seq` INTEGER NOT NULL,
  `kind` TEXT NOT NULL,
  `code` TEXT NOT NULL,
  `head` TEXT NOT NULL,
  `people` INTEGER NOT NULL,
  `village` TEXT NOT NULL,
  `place` TEXT NOT NULL,
  `phone` TEXT NOT NULL,
  `address` TEXT NOT NULL,
  `standard` TEXT NOT NULL,
  `class` TEXT NOT NULL,
  `cause` TEXT NOT NULL,
  `causes` TEXT NOT NULL,
  `exit` TEXT NOT NULL,
  `exit_year` INTEGER NOT NULL,
  `plan_year` INTEGER NOT NULL,
  `safety` INTEGER NOT NULL,
  `income` INTEGER NOT NULL,
  `danger` TEXT NOT NULL,
  `water` TEXT NOT NULL,
  `notes` TEXT NOT NULL,
  `state` TEXT NOT NULL,
  PRIMARY KEY (`township`, `household`, `id`),
  CONSTRAINT `household_id` UNIQUE (`township`, `id`),
  CONSTRAINT `household_no` UNIQUE (`township`, `no`)
) WITHOUT ROWID;

CREATE TABLE `member` (
  `township` TEXT NOT NULL,
  `household` TEXT NOT NULL,
  `id` TEXT NOT NULL,
  `seq` INTEGER NOT NULL,
  `version` INTEGER NOT NULL,
  `deleted_at` INTEGER NOT NULL,
  `made_by` TEXT NOT NULL,
  `made_at` INTEGER NOT NULL,
  `code` TEXT NOT NULL,
  `name` TEXT NOT NULL,
  `sex` TEXT NOT NULL,
  `id_no` TEXT NOT NULL,
  `id_index` TEXT NOT NULL,
  `birth` TEXT NOT NULL,
  `relation` TEXT NOT NULL,
  `ethnic` TEXT NOT NULL,
  `education` TEXT NOT NULL,
  `school` TEXT NOT NULL,
  `labour` TEXT NOT NULL,
  `work` TEXT NOT NULL,
  `work_months` INTEGER NOT NULL,
  `health` TEXT NOT NULL,
  `insured` TEXT NOT NULL,
  `pension` TEXT NOT NULL,
  `left` TEXT NOT NULL,
  PRIMARY KEY (`township`, `household`, `id`),
  CONSTRAINT `member_id` UNIQUE (`township`, `id`)
) WITHOUT ROWID;

CREATE TABLE `pairing` (
  `township` TEXT NOT NULL,
  `household` TEXT NOT NULL,
  `id` TEXT NOT NULL,
  `seq` INTEGER NOT NULL,
  `version` INTEGER NOT NULL,
  `deleted_at` INTEGER NOT NULL,
  `made_by` TEXT NOT NULL,
  `made_at` INTEGER NOT NULL,
  `cadre` TEXT NOT NULL,
  `name` TEXT NOT NULL,
  `unit` TEXT NOT NULL,
  `phone` TEXT NOT NULL,
  `from_day` TEXT NOT NULL,
  `to_day` TEXT NOT NULL,
  `reason` TEXT NOT NULL,
  PRIMARY KEY (`township`, `household`, `id`),
  CONSTRAINT `pairing_id` UNIQUE (`township`, `id`)
) WITHOUT ROWID;

CREATE TABLE `visit` (
  `township` TEXT NOT NULL,
  `household` TEXT NOT NULL,
  `id` TEXT NOT NULL,
  `seq` INTEGER NOT NULL,
  `version` INTEGER NOT NULL,
  `deleted_at` INTEGER NOT NULL,
  `made_by` TEXT NOT NULL,
  `made_at` INTEGER NOT NULL,
  `day` TEXT NOT NULL,
  `stage` INTEGER NOT NULL,
  `text` TEXT NOT NULL,
  `met` TEXT NOT NULL,
  `needs` TEXT NOT NULL,
  `checkin_at` INTEGER NOT NULL,
  `lat` INTEGER NOT NULL,
  `lng` INTEGER NOT NULL,
  `accuracy` INTEGER NOT NULL,
  `coord` TEXT NOT NULL,
  `state` TEXT NOT NULL,
  `words` TEXT NOT NULL,
  `flags` TEXT NOT NULL,
  `device_at` INTEGER NOT NULL,
  `window_at` INTEGER NOT NULL,
  PRIMARY KEY (`township`, `household`, `id`),
  CONSTRAINT `visit_id` UNIQUE (`township`, `id`)
) WITHOUT ROWID;

CREATE TABLE `response` (
  `township` TEXT NOT NULL,
  `household` TEXT NOT NULL,
  `id` TEXT NOT NULL,
  `seq` INTEGER NOT NULL,
  `version` INTEGER NOT NULL,
  `deleted_at` INTEGER NOT NULL,
  `made_by` TEXT NOT NULL,
  `made_at` INTEGER NOT NULL,
  `form` TEXT NOT NULL,
  `visit` TEXT NOT NULL,
  `day` TEXT NOT NULL,
  `answers` TEXT NOT NULL,
  `score` INTEGER NOT NULL,
  `full` INTEGER NOT NULL,
  `weak` TEXT NOT NULL,
  PRIMARY KEY (`township`, `household`, `id`),
  CONSTRAINT `response_id` UNIQUE (`township`, `id`)
) WITHOUT ROWID;

CREATE TABLE `photo` (
  `township` TEXT NOT NULL,
  `household` TEXT NOT NULL,
  `id` TEXT NOT NULL,
  `seq` INTEGER NOT NULL,
  `version` INTEGER NOT NULL,
  `deleted_at` INTEGER NOT NULL,
  `made_by` TEXT NOT NULL,
  `made_at` INTEGER NOT NULL,
  `visit` TEXT NOT NULL,
  `sha256` TEXT NOT NULL,
  `size` INTEGER NOT NULL,
  `mime` TEXT NOT NULL,
  `note` TEXT NOT NULL,
  `state` TEXT NOT NULL,
  `width` INTEGER NOT NULL,
  `height` INTEGER NOT NULL,
  PRIMARY KEY (`township`, `household`, `id`),
  CONSTRAINT `photo_id` UNIQUE (`township`, `id`)
) WITHOUT ROWID;

CREATE TABLE `proposal` (
  `township` TEXT NOT NULL,
  `household` TEXT NOT NULL,
  `id` TEXT NOT NULL,
  `seq` INTEGER NOT NULL,
  `version` INTEGER NOT NULL,
  `deleted_at` INTEGER NOT NULL,
  `made_by` TEXT NOT NULL,
  `made_at` INTEGER NOT NULL,
  `target` TEXT NOT NULL,
  `row` TEXT NOT NULL,
  `field` TEXT NOT NULL,
  `was` TEXT NOT NULL,
  `mine` TEXT NOT NULL,
  `theirs` TEXT NOT NULL,
  `state` TEXT NOT NULL,
  `reason` TEXT NOT NULL,
  `words` TEXT NOT NULL,
  PRIMARY KEY (`township`, `household`, `id`),
  CONSTRAINT `proposal_id` UNIQUE (`township`, `id`)
) WITHOUT ROWID;

CREATE TABLE `form` (
  `township` TEXT NOT NULL,
  `household` TEXT NOT NULL,
  `id` TEXT NOT NULL,
  `seq` INTEGER NOT NULL,
  `version` INTEGER NOT NULL,
  `deleted_at` INTEGER NOT NULL,
  `made_by` TEXT NOT NULL,
  `made_at` INTEGER NOT NULL,
  `code` TEXT NOT NULL,
  `edition` INTEGER NOT NULL,
  `title` TEXT NOT NULL,
  `kind` TEXT NOT NULL,
  `sha256` TEXT NOT NULL,
  `size` INTEGER NOT NULL,
  `state` TEXT NOT NULL,
  PRIMARY KEY (`township`, `household`, `id`),
  CONSTRAINT `form_id` UNIQUE (`township`, `id`)
) WITHOUT ROWID;

CREATE TABLE `card` (
  `township` TEXT NOT NULL,
  `household` TEXT NOT NULL,
  `id` TEXT NOT NULL,
  `seq` INTEGER NOT NULL,
  `version` INTEGER NOT NULL,
  `deleted_at` INTEGER NOT NULL,
  `made_by` TEXT NOT NULL,
  `made_at` INTEGER NOT NULL,
  `code` TEXT NOT NULL,
  `edition` INTEGER NOT NULL,
  `topic` TEXT NOT NULL,
  `title` TEXT NOT NULL,
  `sort` INTEGER NOT NULL,
  `sha256` TEXT NOT NULL,
  `size` INTEGER NOT NULL,
  `state` TEXT NOT NULL,
  PRIMARY KEY (`township`, `household`, `id`),
  CONSTRAINT `card_id` UNIQUE (`township`, `id`)
) WITHOUT ROWID;

CREATE INDEX `member_index` ON `member` (`township`, `id_index`);
CREATE INDEX `visit_state` ON `visit` (`township`, `state`, `id`);
CREATE INDEX `proposal_state` ON `proposal` (`township`, `state`, `id`);
CREATE INDEX `pairing_cadre` ON `pairing` (`cadre`);

-- Who syncs what: history, only until_seq and ended_at are ever set.
CREATE TABLE `assignment` (
  `principal` TEXT NOT NULL,
  `township` TEXT NOT NULL,
  `household` TEXT NOT NULL,
  `source` TEXT NOT NULL,
  `since_seq` INTEGER NOT NULL,
  `until_seq` INTEGER NOT NULL,
  `ended_at` INTEGER NOT NULL,
  `role` TEXT NOT NULL,
  PRIMARY KEY (`principal`, `township`, `household`, `source`, `since_seq`)
) WITHOUT ROWID;
CREATE INDEX `assignment_household` ON `assignment` (`township`, `household`);

CREATE TABLE `client` (
  `id` TEXT NOT NULL,
  `user` TEXT NOT NULL,
  `last_mid` INTEGER NOT NULL,
  `acked_mid` INTEGER NOT NULL,
  `schema` INTEGER NOT NULL,
  `unsent` INTEGER NOT NULL,
  `oldest_at` INTEGER NOT NULL,
  `seen_at` INTEGER NOT NULL,
  `wipe` INTEGER NOT NULL,
  PRIMARY KEY (`id`)
) WITHOUT ROWID;
CREATE INDEX `client_user` ON `client` (`user`);

CREATE TABLE `result` (
  `client` TEXT NOT NULL,
  `mid` INTEGER NOT NULL,
  `hash` TEXT NOT NULL,
  `code` TEXT NOT NULL,
  `reason` TEXT NOT NULL,
  `ref` TEXT NOT NULL,
  PRIMARY KEY (`client`, `mid`)
) WITHOUT ROWID;

CREATE TABLE `receipt` (
  `township` TEXT NOT NULL,
  `row` TEXT NOT NULL,
  `hash` TEXT NOT NULL,
  `code` TEXT NOT NULL,
  `ref` TEXT NOT NULL,
  `at` INTEGER NOT NULL,
  PRIMARY KEY (`township`, `row`, `hash`)
) WITHOUT ROWID;

CREATE TABLE `quarantine` (
  `township` TEXT NOT NULL,
  `id` TEXT NOT NULL,
  `household` TEXT NOT NULL,
  `user` TEXT NOT NULL,
  `mutation` TEXT NOT NULL,
  `base` INTEGER NOT NULL,
  `why` TEXT NOT NULL,
  `state` TEXT NOT NULL,
  `reason` TEXT NOT NULL,
  `at` INTEGER NOT NULL,
  `settled_by` TEXT NOT NULL,
  `settled_at` INTEGER NOT NULL,
  PRIMARY KEY (`township`, `id`)
) WITHOUT ROWID;
CREATE INDEX `quarantine_state` ON `quarantine` (`township`, `state`, `id`);

-- Every overwritten value, and who wrote over it.
CREATE TABLE `history` (
  `no` INTEGER NOT NULL,
  `township` TEXT NOT NULL,
  `household` TEXT NOT NULL,
  `type` TEXT NOT NULL,
  `row` TEXT NOT NULL,
  `field` TEXT NOT NULL,
  `seq` INTEGER NOT NULL,
  `old` TEXT NOT NULL,
  `new` TEXT NOT NULL,
  `by` TEXT NOT NULL,
  `at` INTEGER NOT NULL,
  `device_at` INTEGER NOT NULL,
  PRIMARY KEY (`no`)
);
CREATE INDEX `history_row` ON `history` (`township`, `type`, `row`, `seq`);

CREATE TABLE `step` (
  `no` INTEGER NOT NULL,
  `township` TEXT NOT NULL,
  `type` TEXT NOT NULL,
  `row` TEXT NOT NULL,
  `rev` INTEGER NOT NULL,
  `from` TEXT NOT NULL,
  `to` TEXT NOT NULL,
  `by` TEXT NOT NULL,
  `reason` TEXT NOT NULL,
  `at` INTEGER NOT NULL,
  PRIMARY KEY (`no`)
);
CREATE INDEX `step_row` ON `step` (`township`, `type`, `row`);

CREATE TABLE `body` (
  `township` TEXT NOT NULL,
  `sha256` TEXT NOT NULL,
  `mime` TEXT NOT NULL,
  `size` INTEGER NOT NULL,
  `body` BLOB NOT NULL,
  PRIMARY KEY (`township`, `sha256`)
) WITHOUT ROWID;

-- One row per writing transaction, chained by HMAC; the head is in space.audit_head.
CREATE TABLE `audit` (
  `space` INTEGER NOT NULL,
  `seq` INTEGER NOT NULL,
  `at` INTEGER NOT NULL,
  `actor` TEXT NOT NULL,
  `action` TEXT NOT NULL,
  `rows` TEXT NOT NULL,
  `hash` TEXT NOT NULL,
  PRIMARY KEY (`space`, `seq`)
) WITHOUT ROWID;
