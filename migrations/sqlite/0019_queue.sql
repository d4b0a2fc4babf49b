-- +goose Up
-- The reviewer's inbox: what waits, the oldest first, and what belongs to a visit.
CREATE INDEX `visit_queue` ON `visit` (`township`, `state`, `deleted_at`, `made_at`, `id`);
CREATE INDEX `measure_queue` ON `measure` (`township`, `state`, `deleted_at`, `made_at`, `id`);
CREATE INDEX `photo_visit` ON `photo` (`township`, `visit`);
CREATE INDEX `confirmation_visit` ON `confirmation` (`township`, `visit`);
