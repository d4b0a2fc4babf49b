package app

// outboxRows are the reminders a phone's user said yes to: everyone's own.
func (m *matrix) outboxRows(rows map[string]matrixRow) {
	const path = "/api/v1/me/subscriptions"
	rows["GET "+path] = matrixRow{who: "HCVT", reach: matrixAny}
	rows["POST "+path] = matrixRow{who: "HCVT", reach: matrixAny, ok: 409, // no template is set
		ask: matrixPost(path, map[string]any{"template": "returned", "n": 1})}
}
