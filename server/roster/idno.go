package roster

import (
	"strings"
	"time"

	"daohu/server/record"
)

// IDCheckDigit is the 18th character of a citizen's number by its first 17
// digits: GB 11643-1999, which takes ISO 7064 MOD 11-2. It returns 0 when
// first17 is not 17 digits.
func IDCheckDigit(first17 string) byte {
	if len(first17) != 17 || !digits(first17) {
		return 0
	}
	weights := [17]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2} // 2^(17-i) mod 11
	sum := 0
	for i, w := range weights {
		sum += w * int(first17[i]-'0')
	}
	return "10X98765432"[sum%11]
}

// noRegion marks people without a number of their own; the registry accepts it
// as a region (domain.md B.4).
const noRegion = "999999"

// CheckID says what is wrong with a number. 18 characters are a citizen's
// number; 20 a disability certificate, which is that number, a kind (1-7) and
// a grade (1-4); 22 is allowed by the registry without a published meaning of
// the last four digits (domain.md B.4).
func CheckID(s string) *record.Problem {
	bad := func(detail string) *record.Problem { return &record.Problem{Code: CodeID, Detail: detail} }
	if len(s) != 18 && len(s) != 20 && len(s) != 22 {
		return bad("证件号码应是 18 位，残疾证是 20 位，现在有 " + itoa(len([]rune(s))) + " 位。")
	}
	body, tail := s[:18], s[18:]
	if !digits(body[:17]) || !digits(tail) {
		return bad("证件号码里只能有数字，第 18 位可以是 X。")
	}
	if body[:6] != noRegion && (body[0] < '1' || body[0] > '8') {
		return bad("证件号码的前 6 位不是地区代码；没有证件的人用 999999 开头。")
	}
	if _, err := time.Parse("20060102", body[6:14]); err != nil || body[6:8] < "18" {
		return bad("证件号码第 7 到 14 位不是一个日期。")
	}
	if body[17] != IDCheckDigit(body[:17]) {
		return bad("证件号码的最后一位对不上，请对照证件逐位核对。")
	}
	if len(tail) == 2 && (tail[0] < '1' || tail[0] > '7' || tail[1] < '1' || tail[1] > '4') {
		return bad("残疾证号的最后两位是类别 1-7 和等级 1-4。")
	}
	return nil
}

// IDBirth is the month of birth inside a number that passed CheckID.
func IDBirth(s string) string { return s[6:10] + "-" + s[10:12] }

// IDSex is the sex inside a number that passed CheckID: the 17th digit is odd
// for men.
func IDSex(s string) string {
	if (s[16]-'0')%2 == 1 {
		return "男"
	}
	return "女"
}

// digits reports whether s holds nothing but ASCII digits.
func digits(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' }) < 0
}
