package quality

// Findings are a report as the API answers it: what was found in one township,
// village by village.
type Findings struct {
	Edition    string            `json:"edition" doc:"of the rules"`
	Blocked    bool              `json:"blocked" doc:"an error was found: it blocks approval, never saving"`
	Households int               `json:"households" doc:"looked at"`
	Villages   []VillageFindings `json:"villages" doc:"by code"`
}

// VillageFindings is one village of Findings.
type VillageFindings struct {
	Code       string         `json:"code"`
	Name       string         `json:"name,omitempty"`
	Households int            `json:"households" doc:"looked at"`
	Faulty     int            `json:"faulty" doc:"of these, with at least one error"`
	Errors     int            `json:"errors"`
	Warnings   int            `json:"warnings"`
	Questions  int            `json:"questions"`
	Rules      []RuleFindings `json:"rules" doc:"that found something, in the order of the rules"`
}

// RuleFindings is what one rule found in one village.
type RuleFindings struct {
	Rule       string   `json:"rule"`
	Severity   Severity `json:"severity" enum:"error,warning,question"`
	Field      string   `json:"field" doc:"the one to fix"`
	Sentence   string   `json:"sentence"`
	Count      int      `json:"count"`
	Households []string `json:"households,omitempty" doc:"ids; for the township only"`
}

// Findings turns the report into its answer. names are the villages' by code;
// without ids only counts are told.
func (r *Report) Findings(names map[string]string, ids bool) Findings {
	out := Findings{Edition: r.Edition, Blocked: r.Blocked, Villages: []VillageFindings{}}
	rules := r.Rules()
	for _, t := range r.Villages() {
		v := VillageFindings{Code: t.Village, Name: names[t.Village], Households: t.Households, Faulty: t.Faulty,
			Errors: t.BySeverity[Error], Warnings: t.BySeverity[Warning], Questions: t.BySeverity[Question], Rules: []RuleFindings{}}
		out.Households += t.Households
		for _, rule := range rules {
			n := t.ByRule[rule.Code]
			if n == 0 {
				continue
			}
			f := RuleFindings{Rule: rule.Code, Severity: rule.Severity, Field: rule.Field, Sentence: rule.Sentence, Count: n}
			if ids {
				f.Households = t.Houses[rule.Code]
			}
			v.Rules = append(v.Rules, f)
		}
		out.Villages = append(out.Villages, v)
	}
	return out
}
