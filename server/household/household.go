// Package household is the registry: households and their members.
package household

import "daohu/server/record"

// Household is one registered household (户). Its row lies with itself: ID and
// Meta.Household are equal. The township's pseudo-household, which carries the
// common rows (cards, forms), has Kind "township" and is never counted.
//
// Codes such as AAC001 are the labels of the national registry's export
// (design: domain.md B.3).
type Household struct {
	record.Meta
	No       int64         `json:"-" doc:"walk order within the township"`
	LastSeq  int64         `json:"-" doc:"highest seq of any row lying with the household"`
	Kind     string        `json:"kind" rec:"server,enum=township" doc:"township marks the pseudo-household of common rows"`
	Code     string        `json:"code" rec:"online,max=32" doc:"户编号 AAC001"`
	Head     string        `json:"head" rec:"server,max=50,read=HCVTK,mask=A" doc:"name of the head of household, from its member row"`
	People   int64         `json:"people" rec:"server,max=99" doc:"living members, counted by the server"`
	Village  string        `json:"village" rec:"online,area" doc:"village code AAR008"`
	Place    string        `json:"place" rec:"online,max=60" doc:"village and group in words, as shown"`
	Phone    record.Sealed `json:"phone" rec:"merge,read=CV,mask=HTKA,max=20" doc:"户联系电话; sent only to those who hold the household"`
	Address  string        `json:"address" rec:"merge,max=120,read=HCVTK,mask=A"`
	Standard string        `json:"standard" rec:"propose,enum=国家标准|省定标准|市定标准" doc:"识别标准 AAC005"`
	Class    string        `json:"class" rec:"propose,enum=一般贫困户|低保户|五保户|一般农户|低保贫困户|五保贫困户|一般脱贫户|低保脱贫户|特困供养脱贫户" doc:"贫困户属性 AAC006"`
	Cause    string        `json:"cause" rec:"propose,enum=因病|因残|因学|因灾|因婚|因丧|缺土地|缺水|缺技术|缺劳力|缺资金|交通条件落后|自身发展动力不足|其他" doc:"主要致贫原因 AAC007"`
	Causes   record.List   `json:"causes" rec:"propose,max=2" doc:"其他致贫原因 AAC008"`
	Exit     string        `json:"exit" rec:"server,enum=未脱贫|已脱贫|预脱贫|返贫" doc:"脱贫标志 AAR010"`
	ExitYear int64         `json:"exitYear" rec:"server,max=2100" doc:"year it left; 0 = not"`
	PlanYear int64         `json:"planYear" rec:"server,max=2100" doc:"cohort it is planned to leave in; 0 = none"`
	Safety   bool          `json:"safety" rec:"server" doc:"政策兜底"`
	Income   int64         `json:"income" rec:"propose,max=100000000" doc:"人均纯收入 AAC082 of last year, fen"`
	Danger   string        `json:"danger" rec:"merge,enum=否|C级|D级" doc:"是否危房"`
	Water    string        `json:"water" rec:"merge,enum=是|否" doc:"是否解决安全饮用水"`
	Notes    string        `json:"notes" rec:"merge,max=500,read=CVTKA"`
	State    string        `json:"state" rec:"server,enum=closed|merged" doc:"empty = open; never deleted"`
}

// HouseholdType is the declaration of Household.
var HouseholdType = record.Of[Household]("household", record.Policy{
	Class: record.Merge, Readers: "HCVTKA", Creators: "",
	Doc: "One registered household.",
})

// Member is one person of a household.
type Member struct {
	record.Meta
	Code       string        `json:"code" rec:"online,max=32" doc:"人编号 AAB001"`
	Name       string        `json:"name" rec:"propose,required,max=50,read=HCVTK,mask=A"`
	Sex        string        `json:"sex" rec:"propose,enum=男|女"`
	IDNo       record.Sealed `json:"idNo" rec:"online,read=,mask=TKA,max=22" doc:"证件号码 AAB004; never synced, not even masked"`
	IDIndex    string        `json:"-" doc:"keyed blind index of IDNo, 32 hex digits"`
	Birth      string        `json:"birth" rec:"propose,month" doc:"AAB005"`
	Relation   string        `json:"relation" rec:"propose,required,max=12" doc:"与户主关系 AAB006; 户主 for the head"`
	Ethnic     string        `json:"ethnic" rec:"propose,max=12" doc:"民族 AAB007"`
	Education  string        `json:"education" rec:"propose,enum=文盲或半文盲|小学|初中|高中|大专|本科及以上|大专及以上|学龄前儿童" doc:"文化程度 AAB008"`
	School     string        `json:"school" rec:"propose,max=12" doc:"在校生状况 AAB009"`
	Labour     string        `json:"labour" rec:"propose,enum=普通劳动力|技能劳动力|弱劳动力或半劳动力|丧失劳动力|无劳动力" doc:"劳动技能 AAB010"`
	Work       string        `json:"work" rec:"merge,enum=乡(镇)内|乡外县内|县外省内|省外|其他" doc:"务工情况 AAB011"`
	WorkMonths int64         `json:"workMonths" rec:"merge,max=12" doc:"务工月数 AAB012"`
	Health     string        `json:"health" rec:"propose,max=30" doc:"健康状况 AAB017: 健康, 长期慢性病, 患有大病, 残疾, joined by a comma"`
	Insured    string        `json:"insured" rec:"propose,enum=是|否" doc:"新农合 AAB013"`
	Pension    string        `json:"pension" rec:"propose,enum=是|否" doc:"养老 AAB014"`
	Left       string        `json:"left" rec:"propose,max=30" doc:"why the person no longer counts: 去世, 外嫁, 户籍迁出; empty = living here"`
}

// MemberType is the declaration of Member.
var MemberType = record.Of[Member]("member", record.Policy{
	Class: record.Propose, Readers: "HCVTKA", Creators: "CVT",
	Doc: "One person of a household; added and corrected through proposals.",
})

// Proposal is a change that waits for a township admin, or a value that lost
// against one that reached the server first.
type Proposal struct {
	record.Meta
	Target string        `json:"target" rec:"server" doc:"record type the change is for"`
	Row    string        `json:"row" rec:"server,id" doc:"record id the change is for"`
	Field  string        `json:"field" rec:"server" doc:"wire name; * = a whole new row"`
	Was    record.Sealed `json:"base" rec:"server,max=4000" doc:"value the author saw"`
	Mine   record.Sealed `json:"mine" rec:"server,max=4000" doc:"value the author wants"`
	Theirs record.Sealed `json:"theirs" rec:"server,max=4000" doc:"value at the server when it arrived"`
	State  string        `json:"state" rec:"server,enum=open|conflict|accepted|refused" doc:"conflict: another value came first; the author picks by writing again, or an admin settles it"`
	Reason string        `json:"reason" rec:"server,max=200" doc:"why the author asks"`
	Words  string        `json:"words" rec:"server,max=200" doc:"the admin's words when refused"`
}

// ProposalType is the declaration of Proposal.
var ProposalType = record.Of[Proposal]("proposal", record.Policy{
	Class: record.Server, Readers: "CVT", Creators: "",
	Doc: "A change that waits for a township admin.",
})
