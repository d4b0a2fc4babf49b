package console

import (
	"bytes"
	"encoding/csv"
	"net/url"
	"strconv"

	"daohu/server/api"
	"daohu/server/fault"
	"daohu/server/roster"
	"daohu/server/write"
)

func watchPages() []Page {
	return []Page{
		{Path: "/compliance", Title: "合规", Roles: "TKA", File: "compliance", Show: showCompliance},
		{Path: "/audit", Title: "审计", Roles: "TKA", File: "audit", Show: showAudit, Acts: map[string]Act{"verify": verifyAudit, "export": exportAudit}},
	}
}

// Ruled is the compliance page of a township.
type Ruled struct {
	api.Compliance
	Town bool
}

func showCompliance(v *View) (any, error) {
	out := &Ruled{Town: v.Township != ""}
	if !out.Town {
		return out, nil
	}
	return out, v.Get("/api/v1/compliance", v.Query("from", "to"), &out.Compliance)
}

// burdenWord is what a line of the burden meter measures.
func burdenWord(what string) string {
	return map[string]string{"seconds": "写一次走访用几秒", "taps": "点几下", "fields": "填几项"}[what]
}

// Log is the audit log of a township.
type Log struct {
	Rows[write.LogLine]
	Town bool
}

// auditFilters are the filters of the log, in the address.
func auditFilters() []string { return []string{"by", "action", "type", "row", "from", "to"} }

func showAudit(v *View) (any, error) {
	out := &Log{Town: v.Township != ""}
	if !out.Town {
		return out, nil
	}
	return out, v.Get("/api/v1/audit", v.Query(append(auditFilters(), "after")...), &out.Rows)
}

func verifyAudit(v *View) (Done, error) {
	var out write.LogCheck
	err := v.Send("POST", "/api/v1/audit/verify", v.In(url.Values{}), nil, nil, &out)
	return Done{Data: &out}, err
}

// mostLog is how many pages of 200 lines are exported at most; more are refused,
// for a table that ends early looks whole.
const mostLog = 25

// exportAudit gives the filtered lines as a table for a spreadsheet.
func exportAudit(v *View) (Done, error) {
	lines, err := every[write.LogLine](v, "/api/v1/audit", v.Query(auditFilters()...), mostLog)
	if err != nil {
		return Done{}, err
	}
	if len(lines) >= mostLog*200 {
		return Done{}, fault.Bad(fault.Field{Name: "from", Code: "too-long", Detail: "超过 5000 条，一次下载不完。请把日子缩短一些，分几次下载。"})
	}
	q := v.In(url.Values{})
	if err := v.Send("POST", "/api/v1/exports/sheet", q, Body("sheet", api.SheetLog, "households", 0), nil, nil); err != nil {
		return Done{}, err
	}
	body, err := logTable(lines)
	return Done{File: &Download{Name: "审计-" + v.Township + "-" + v.Today() + ".csv", Type: "text/csv; charset=utf-8", Body: body}}, err
}

// Logins are the accounts of the township's people, for a filter.
func (v *View) Logins() []Option {
	list := v.staffOf("CVT", "")
	return list[1:]
}

// Types are the types of record as options, for a filter.
func (v *View) Types() []Option {
	out := []Option{{Word: "所有"}}
	for _, name := range []string{"household", "member", "pairing", "visit", "photo", "response", "need", "confirmation", "measure", "delivery", "issue", "complaint", "proposal", "notice", "card", "clip", "form", "fund", "setting", "datarequest", "finding"} {
		out = append(out, Option{Value: name, Word: typeWord(name), On: name == v.Filter("type")})
	}
	return out
}

// logTable is the log as CSV that a Chinese Excel reads.
func logTable(lines []write.LogLine) ([]byte, error) {
	var buf bytes.Buffer
	buf.WriteString("\uFEFF")
	w := csv.NewWriter(&buf)
	if err := w.Write([]string{"序号", "时间", "账号", "姓名", "做了什么", "记录", "编号", "版本", "删了"}); err != nil {
		return nil, err
	}
	for _, l := range lines {
		for _, r := range l.Rows {
			gone := ""
			if r.Gone {
				gone = "是"
			}
			line := []string{strconv.FormatInt(l.Seq, 10), clock(l.At), l.Login, l.Name, auditWord(l.Action), typeWord(r.Type), r.ID, strconv.FormatInt(r.Rev, 10), gone}
			for i, cell := range line {
				line[i] = roster.GuardText(cell) // no cell begins a formula
			}
			if err := w.Write(line); err != nil {
				return nil, err
			}
		}
	}
	w.Flush()
	return buf.Bytes(), w.Error()
}

// auditWord is a verb of the log in words; one that is not listed stays.
func auditWord(action string) string {
	if w := map[string]string{"sync": "手机送来", "import": "导入", "pair": "结对", "approve": "通过", "return": "退回", "reject": "不通过", "undo": "撤回", "object": "提出异议", "edit": "修改", "change": "修改", "make": "添加", "accept": "采纳", "refuse": "不采纳", "card": "换卡", "users": "改账号", "user-change": "改账号", "wipe": "抹手机", "forget": "到期抹去", "look": "看号码",
		"bind": "绑定微信", "code": "给绑定码", "demo": "演示资料", "publish": "发布", "archive": "收起来", "withdraw": "撤下", "erase": "抹去", "export": "导出", "merge": "并户", "close": "关闭", "clip": "送来录音", "notice": "起草公示", "photo": "送来照片", "propose": "申请修改", "quarantine": "处理另存的", "rescue": "导入手机文件", "setting": "改设置", "card-draft": "写卡片", "card-submit": "卡片交审", "card-archive": "收起卡片", "right": "记资料请求", "right-settle": "办资料请求", "finding": "写审计发现", "finding-answer": "答审计发现", "finding-close": "办结审计发现", "finding-return": "退回审计发现", "fund-open": "记入资金", "fund-allocate": "安排资金", "fund-disburse": "拨付资金", "fund-reallocate": "调剂资金", "restore": "从备份恢复"}[action]; w != "" {
		return w
	}
	return action
}
