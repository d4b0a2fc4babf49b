package roster

import (
	"daohu/server/household"
	"daohu/server/record"
)

// The sheets of the registry itself. Headers are those of the national export;
// codes such as AAC001 are taken for them where it is known which is which
// (design: domain.md B.3 and B.4). AAC071 to AAC081, the incomes by kind, and
// AAC311 to AAC313 and AAC319, power, broadcast and toilet, are not: nobody has
// said which number is which of them.

func householdTable() *table[HouseRow] {
	return &table[HouseRow]{sheet: SheetHouseholds, alias: []string{"户信息", "农户信息", "贫困户"}, at: func(r *HouseRow) *int { return &r.Row },
		rows: func(b *Book) *[]HouseRow { return &b.Households },
		cols: append(append(houseColumns(), watchColumns()...), livingColumns()...)}
}

func houseRec(r *HouseRow) record.Record { return &r.Rec }

func ofHouse(head, field string) column[HouseRow] {
	return of(head, household.HouseholdType, field, houseRec)
}

// houseColumns say who the household is and how it is classed.
func houseColumns() []column[HouseRow] {
	type R = HouseRow
	village := ofHouse("行政村", "village").must().also("AAR008", "村", "行政村名称")
	village.in, village.out = villageIn, villageOut
	main := fieldOf(household.HouseholdType, "cause")
	return []column[R]{
		ofHouse("户编号", "code").must().by(code).also("AAC001"),
		village,
		text("村民组", short("group", 30), func(r *R) *string { return &r.Group }).by(name).also("寨", "村民小组", "自然村"),
		ofHouse("户主姓名", "head").by(name).also("户主"),
		sealed("联系电话", household.HouseholdType, "phone", func(r *R) *string { return &r.Phone }).by(phone).also("户联系电话", "电话"),
		ofHouse("家庭住址", "address").also("住址"),
		ofHouse("识别标准", "standard").also("AAC005"),
		ofHouse("贫困户属性", "class").also("AAC006", "户属性"),
		ofHouse("主要致贫原因", "cause").also("AAC007"),
		ofHouse("其他致贫原因", "causes").by(causeList(main)).as(listOut).also("AAC008"),
		ofHouse("脱贫标志", "exit").also("AAR010"),
		ofHouse("脱贫年度", "exitYear").by(year),
		ofHouse("计划脱贫年度", "planYear").by(year),
		ofHouse("政策兜底", "safety"),
		ofHouse("人均纯收入(元)", "income").by(yuan).as(cents).also("AAC082", "人均纯收入", "年人均纯收入(元)"),
		ofHouse("是否危房", "danger").also("危房等级"),
		ofHouse("是否解决安全饮用水", "water").also("安全饮水"),
		ofHouse("备注", "notes"),
	}
}

// watchColumns are the household's type and its monitoring, since 2021.
func watchColumns() []column[HouseRow] {
	out := []column[HouseRow]{
		ofHouse("户类型", "type"),
		ofHouse("监测对象类别", "watch").also("监测类别"),
	}
	for n := range int(fieldOf(household.HouseholdType, "risks").Max) {
		no := itoa(n + 1)
		out = append(out, place("致贫/返贫风险"+no, household.HouseholdType, "risks", n, houseRec).also("致贫返贫风险"+no, "风险"+no))
	}
	return append(out,
		ofHouse("识别监测时间", "riskAt").also("监测对象识别时间"),
		ofHouse("风险是否已消除", "cleared"),
		ofHouse("消除监测时间", "clearedAt").also("风险消除时间"),
		ofHouse("风险消除方式", "clearedBy").also("消除方式"),
		ofHouse("整户无劳动能力兜底保障户", "noLabour").also("是否整户无劳动能力兜底保障户"),
		ofHouse("是否军烈属", "military").also("AAC012", "军烈属"),
	)
}

// livingColumns are the household's incomes, house, land and bank.
func livingColumns() []column[HouseRow] {
	money := func(head, field string) column[HouseRow] {
		return ofHouse(head+"(元)", field).by(yuan).as(cents).also(head)
	}
	land := func(head, field string) column[HouseRow] {
		return ofHouse(head+"(亩)", field).by(mu).as(cents).also(head, head+"面积", head+"面积(亩)")
	}
	return []column[HouseRow]{
		ofHouse("收入年度", "incomeYear").by(year).also("收入所属年度"),
		money("工资性收入", "wage"),
		money("生产经营性收入", "business").also("生产经营收入", "生产经营收入(元)"),
		money("财产性收入", "property"),
		money("转移性收入", "transfer"),
		money("生产经营性支出", "expense").also("生产经营支出", "生产经营支出(元)"),
		ofHouse("住房面积(平方米)", "houseArea").by(area2).also("AAC317", "住房面积", "住房面积(㎡)", "住房面积(m2)"),
		ofHouse("是否通生活用电", "power").also("通生活用电"),
		ofHouse("是否通广播电视", "tv").also("通广播电视"),
		ofHouse("是否有卫生厕所", "toilet").also("卫生厕所"),
		ofHouse("与村主干路距离(公里)", "roadDist").by(kilometres).as(thousandths).also("AAC315", "与村主干路距离", "与村主干路距离(km)", "与村主干路距离(千米)"),
		ofHouse("入户路类型", "road").also("AAC316"),
		ofHouse("主要燃料", "fuel").also("AAC320", "主要燃料类型"),
		land("耕地", "farmland"), land("林地", "forest"), land("退耕还林", "returned"),
		land("林果", "orchard"), land("牧草地", "pasture"), land("水面", "pond"),
		ofHouse("开户银行", "bank").also("开户行"),
		sealed("银行账号", household.HouseholdType, "bankAccount", func(r *HouseRow) *string { return &r.BankAccount }).by(account).also("银行卡号", "银行帐号"),
	}
}

func memberTable() *table[MemberRow] {
	type R = MemberRow
	of := func(head, field string) column[R] {
		return of(head, household.MemberType, field, func(r *R) record.Record { return &r.Rec })
	}
	plain := func(head, field string, at func(*R) *string) column[R] {
		return sealed(head, household.MemberType, field, at)
	}
	return &table[R]{sheet: SheetMembers, alias: []string{"成员", "人员信息", "家庭成员信息"}, at: func(r *R) *int { return &r.Row },
		rows: func(b *Book) *[]R { return &b.Members },
		cols: []column[R]{
			text("户编号", houseRef(), func(r *R) *string { return &r.House }).must().by(code).also("AAC001"),
			of("人编号", "code").listed().by(code).also("AAB001"),
			of("姓名", "name").by(name).also("AAB002"),
			of("性别", "sex").also("AAB003"),
			plain("证件号码", "idNo", func(r *R) *string { return &r.IDNo }).by(idNumber).also("AAB004", "身份证号", "身份证号码", "证件号"),
			of("出生年月", "birth").also("AAB005", "出生日期"),
			of("与户主关系", "relation").also("AAB006"),
			of("民族", "ethnic").by(name).also("AAB007"),
			of("文化程度", "education").also("AAB008"),
			of("在校生状况", "school").also("AAB009"),
			of("劳动技能", "labour").also("AAB010", "劳动能力"),
			of("务工情况", "work").also("AAB011", "务工地点"),
			of("务工月数", "workMonths").also("AAB012", "务工时间(月)"),
			of("健康状况", "health").by(several(fieldOf(household.MemberType, "health"))).also("AAB017"),
			of("新农合", "insured").also("AAB013", "居民医保", "是否参加新农合", "是否参加城乡居民基本医疗保险"),
			of("养老", "pension").also("AAB014", "是否参加养老保险", "是否参加城乡居民基本养老保险"),
			of("减少原因", "left"),
			of("减少日期", "leftDay").also("减少时间"),
			of("增加原因", "joined"),
			of("增加日期", "joinedDay").also("增加时间"),
			of("是否现役军人", "service").also("AAB019", "现役军人"),
			of("职工医保", "staff").also("城镇职工医保", "是否参加城镇职工基本医疗保险"),
			of("大病保险", "serious").also("是否参加大病保险"),
			of("商业补充医疗保险", "extra").also("是否参加商业补充医疗保险"),
			of("公益性岗位", "post").also("是否在公益性岗位"),
			plain("残疾证号", "certNo", func(r *R) *string { return &r.CertNo }).by(certificate).also("残疾证办证号"),
			plain("病情", "diagnosis", func(r *R) *string { return &r.Diagnosis }).also("患病情况"),
		}}
}
