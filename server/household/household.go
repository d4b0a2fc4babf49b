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
	Code     string        `json:"code" rec:"online,kept,max=32" doc:"户编号 AAC001"`
	Head     string        `json:"head" rec:"server,max=50,read=HCVTK,mask=A" doc:"name of the head of household, from its member row"`
	People   int64         `json:"people" rec:"server,max=99" doc:"living members, counted by the server"`
	Village  string        `json:"village" rec:"online,area" doc:"village code AAR008"`
	Place    string        `json:"place" rec:"online,max=60" doc:"village and group in words, as shown"`
	Phone    record.Sealed `json:"phone" rec:"merge,read=CV,mask=HTKA,max=20" doc:"户联系电话; sent only to those who hold the household"`
	Address  string        `json:"address" rec:"merge,max=120,read=HCVTK,mask=A"`
	Standard string        `json:"standard" rec:"propose,list=standard" doc:"识别标准 AAC005"`
	Class    string        `json:"class" rec:"propose,list=class" doc:"贫困户属性 AAC006"`
	Cause    string        `json:"cause" rec:"propose,list=cause" doc:"主要致贫原因 AAC007"`
	Causes   record.List   `json:"causes" rec:"propose,kept,max=2,offer=cause" doc:"其他致贫原因 AAC008"`
	Exit     string        `json:"exit" rec:"server,list=exit" doc:"脱贫标志 AAR010"`
	ExitYear int64         `json:"exitYear" rec:"server,max=2100" doc:"year it left; 0 = not"`
	PlanYear int64         `json:"planYear" rec:"server,max=2100" doc:"cohort it is planned to leave in; 0 = none"`
	Safety   bool          `json:"safety" rec:"server" doc:"政策兜底"`
	Income   int64         `json:"income" rec:"propose,max=100000000" doc:"人均纯收入 AAC082 of last year, fen"`
	Danger   string        `json:"danger" rec:"merge,list=danger" doc:"是否危房"`
	Water    string        `json:"water" rec:"merge,list=yes" doc:"是否解决安全饮用水"`
	Notes    string        `json:"notes" rec:"merge,max=500,read=CVTKA"`
	State    string        `json:"state" rec:"server,enum=closed|merged" doc:"empty = open; never deleted"`

	Type      string      `json:"type" rec:"propose,list=housetype" doc:"户类型, since 2021"`
	Watch     string      `json:"watch" rec:"propose,list=watch" doc:"监测对象类别; empty = not monitored"`
	Risks     record.List `json:"risks" rec:"propose,kept,max=5,offer=risk" doc:"致贫返贫风险, the weightiest first"`
	RiskAt    string      `json:"riskAt" rec:"propose,month" doc:"识别监测时间"`
	Cleared   string      `json:"cleared" rec:"propose,list=yes" doc:"风险是否已消除"`
	ClearedAt string      `json:"clearedAt" rec:"propose,month" doc:"消除监测时间"`
	ClearedBy string      `json:"clearedBy" rec:"propose,list=cleared" doc:"风险消除方式"`
	NoLabour  string      `json:"noLabour" rec:"propose,list=yes" doc:"整户无劳动能力兜底保障户"`
	Military  string      `json:"military" rec:"propose,list=yes" doc:"是否军烈属 AAC012"`

	IncomeYear int64 `json:"incomeYear" rec:"propose,max=2100" doc:"year the incomes are of; 0 = last year"`
	Wage       int64 `json:"wage" rec:"propose,max=1000000000" doc:"工资性收入 of the household and year, fen"`
	Business   int64 `json:"business" rec:"propose,max=1000000000" doc:"生产经营性收入, fen"`
	Property   int64 `json:"property" rec:"propose,max=1000000000" doc:"财产性收入, fen"`
	Transfer   int64 `json:"transfer" rec:"propose,max=1000000000" doc:"转移性收入, fen"`
	Expense    int64 `json:"expense" rec:"propose,max=1000000000" doc:"生产经营性支出, fen"`

	HouseArea int64  `json:"houseArea" rec:"merge,max=2000" doc:"住房面积 AAC317, square metres"`
	Power     string `json:"power" rec:"merge,list=yes" doc:"是否通生活用电"`
	TV        string `json:"tv" rec:"merge,list=yes,col=tv" doc:"是否通广播电视"`
	Toilet    string `json:"toilet" rec:"merge,list=yes" doc:"是否有卫生厕所"`
	RoadDist  int64  `json:"roadDist" rec:"merge,max=100000" doc:"与村主干路距离 AAC315, metres"`
	Road      string `json:"road" rec:"merge,list=road" doc:"入户路类型 AAC316"`
	Fuel      string `json:"fuel" rec:"merge,list=fuel" doc:"主要燃料 AAC320"`

	Farmland int64 `json:"farmland" rec:"merge,max=10000000" doc:"耕地, 1/100 mu (亩)"`
	Forest   int64 `json:"forest" rec:"merge,max=10000000" doc:"林地, 1/100 mu"`
	Returned int64 `json:"returned" rec:"merge,max=10000000" doc:"退耕还林, 1/100 mu"`
	Orchard  int64 `json:"orchard" rec:"merge,max=10000000" doc:"林果, 1/100 mu"`
	Pasture  int64 `json:"pasture" rec:"merge,max=10000000" doc:"牧草地, 1/100 mu"`
	Pond     int64 `json:"pond" rec:"merge,max=10000000" doc:"水面, 1/100 mu"`

	Bank        string        `json:"bank" rec:"online,max=60,read=TK" doc:"开户银行; never synced"`
	BankAccount record.Sealed `json:"bankAccount" rec:"online,read=,mask=TKA,max=32" doc:"银行账号; never synced, not even masked"`
	ErasedAt    int64         `json:"erasedAt" rec:"server" doc:"when the personal data of all its rows was erased, Unix ms; 0 = not"`
}

// HouseholdType is the declaration of Household.
var HouseholdType = record.Of[Household]("household", record.Policy{
	Class: record.Merge, Readers: "HCVTKA", Creators: "",
	Doc: "One registered household.",
})

// Member is one person of a household.
type Member struct {
	record.Meta
	Code       string        `json:"code" rec:"online,kept,max=32" doc:"人编号 AAB001"`
	Name       string        `json:"name" rec:"propose,required,max=50,read=HCVTK,mask=A"`
	Sex        string        `json:"sex" rec:"propose,list=sex"`
	IDNo       record.Sealed `json:"idNo" rec:"online,read=,mask=TKA,max=22" doc:"证件号码 AAB004; never synced, not even masked"`
	IDIndex    string        `json:"-" rec:"index=IDNo" doc:"keyed blind index of IDNo, 32 hex digits"`
	Birth      string        `json:"birth" rec:"propose,personal,month" doc:"AAB005"`
	Relation   string        `json:"relation" rec:"propose,required,kept,max=12,offer=relation" doc:"与户主关系 AAB006; 户主 for the head"`
	Ethnic     string        `json:"ethnic" rec:"propose,max=12" doc:"民族 AAB007"`
	Education  string        `json:"education" rec:"propose,list=education" doc:"文化程度 AAB008"`
	School     string        `json:"school" rec:"propose,max=12,offer=school" doc:"在校生状况 AAB009"`
	Labour     string        `json:"labour" rec:"propose,list=labour" doc:"劳动技能 AAB010"`
	Work       string        `json:"work" rec:"merge,list=work" doc:"务工情况 AAB011"`
	WorkMonths int64         `json:"workMonths" rec:"merge,max=12" doc:"务工月数 AAB012"`
	Health     string        `json:"health" rec:"propose,max=30,offer=health" doc:"健康状况 AAB017: 健康, 长期慢性病, 患有大病, 残疾, joined by a comma"`
	Insured    string        `json:"insured" rec:"propose,list=yes" doc:"居民医保（新农合） AAB013"`
	Pension    string        `json:"pension" rec:"propose,list=yes" doc:"养老 AAB014"`
	Left       string        `json:"left" rec:"propose,kept,max=30,offer=left" doc:"减少原因: why the person no longer counts; empty = living here"`

	LeftDay   string        `json:"leftDay" rec:"propose,day" doc:"减少日期: first day the person no longer counts; empty = not told"`
	Joined    string        `json:"joined" rec:"propose,kept,max=30,offer=joined" doc:"增加原因; empty = was there when the household was registered"`
	JoinedDay string        `json:"joinedDay" rec:"propose,day" doc:"增加日期: first day the person counts; empty = since the household was registered"`
	Service   string        `json:"service" rec:"propose,list=yes" doc:"是否现役军人 AAB019"`
	Staff     string        `json:"staff" rec:"propose,list=yes" doc:"职工医保"`
	Serious   string        `json:"serious" rec:"propose,list=yes" doc:"大病保险"`
	Extra     string        `json:"extra" rec:"propose,list=yes" doc:"商业补充医疗保险"`
	Post      string        `json:"post" rec:"merge,list=yes" doc:"公益性岗位"`
	Diagnosis record.Sealed `json:"diagnosis" rec:"online,read=,mask=TKA,blind,max=200" doc:"health detail: what the person suffers from; never synced, masked whole"`
	CertNo    record.Sealed `json:"certNo" rec:"online,read=,mask=TKA,max=22" doc:"残疾证号: ID number, kind 1-7 and grade 1-4; never synced, not even masked"`
	ErasedAt  int64         `json:"erasedAt" rec:"server" doc:"when the personal data was erased, Unix ms; 0 = not"`
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
	Target  string        `json:"target" rec:"server,kept" doc:"record type the change is for"`
	Row     string        `json:"row" rec:"server,id" doc:"record id the change is for"`
	Field   string        `json:"field" rec:"server,kept" doc:"wire name; * = a whole new row"`
	Was     record.Sealed `json:"base" rec:"server,max=4000" doc:"value the author saw"`
	Mine    record.Sealed `json:"mine" rec:"server,max=4000" doc:"value the author wants"`
	Theirs  record.Sealed `json:"theirs" rec:"server,max=4000" doc:"value at the server when it arrived"`
	State   string        `json:"state" rec:"server,enum=open|conflict|accepted|refused" doc:"conflict: another value came first; the author picks by writing again, or an admin settles it"`
	Reason  string        `json:"reason" rec:"server,max=200" doc:"why the author asks"`
	Words   string        `json:"words" rec:"server,max=200" doc:"the admin's words when it was settled"`
	Rival   string        `json:"rival" rec:"server,max=50" doc:"of a conflict: name of who wrote theirs; empty = not a user, such as an import"`
	RivalAt int64         `json:"rivalAt" rec:"server" doc:"of a conflict: when theirs was written, Unix ms"`
}

// ProposalType is the declaration of Proposal.
var ProposalType = record.Of[Proposal]("proposal", record.Policy{
	Class: record.Server, Readers: "CVT", Creators: "",
	Doc: "A change that waits for a township admin.",
})
