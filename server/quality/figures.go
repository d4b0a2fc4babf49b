package quality

import "fmt"

// Figures are the two numbers every source gives of a township.
type Figures struct {
	Households int `json:"households"`
	People     int `json:"people"`
}

// Difference keeps two sources of the same figures side by side: neither is
// put in the other's place (domain.md A.7, 1).
type Difference struct {
	Own   Figures
	Other Figures
	// Households and People are Own less Other.
	Households int
	People     int
}

// Reconcile compares two sources.
func Reconcile(own, other Figures) Difference {
	return Difference{Own: own, Other: other, Households: own.Households - other.Households, People: own.People - other.People}
}

// Same reports whether the sources agree.
func (d Difference) Same() bool { return d.Households == 0 && d.People == 0 }

// String is the sentence that reports print.
func (d Difference) String() string {
	if d.Same() {
		return fmt.Sprintf("两个来源一致：%d 户 %d 人。", d.Own.Households, d.Own.People)
	}
	return fmt.Sprintf("本系统 %d 户 %d 人，另一来源 %d 户 %d 人，相差 %+d 户 %+d 人；两个数都留着，没有改动。",
		d.Own.Households, d.Own.People, d.Other.Households, d.Other.People, d.Households, d.People)
}
