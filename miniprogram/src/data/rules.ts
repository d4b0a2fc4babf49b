// Written by "make gen" from the settings that ship with the server. DO NOT EDIT.

/** The documents that hold where a township has none of its own, by code. */
export const RULES: { readonly [code: string]: string } = {
  /** 走访证据 */
  evidence:
    "{\"edition\":1,\"policy\":\"optional\"}",
  /** 四访提示 */
  stages:
    "{\"edition\":1,\"source\":\"township plan (seeds), 四访; domain.md A.3\",\"stages\":[{\"stage\":1,\"title\":\"认门户\",\"prompts\":[\"家里几口人，都在家吗\",\"住房、饮水、用电怎么样\",\"谁身体不好，谁在上学\",\"收入主要靠什么\",\"有什么最要紧的难处\"],\"output\":\"\"},{\"stage\":2,\"title\":\"出思路\",\"prompts\":[\"自己最想做什么\",\"有什么手艺，能做什么活\",\"缺什么，钱、技术还是人手\",\"商量出的打算是什么\"],\"output\":\"wish\"},{\"stage\":3,\"title\":\"上措施\",\"prompts\":[\"定下哪一条措施\",\"什么时候给，给多少\",\"要本人做什么\"],\"output\":\"measure\"},{\"stage\":4,\"title\":\"见成效\",\"prompts\":[\"答应的到了没有\",\"用得怎么样，有没有收益\",\"还差什么\"],\"output\":\"result\"}]}",
  /** 走访次数 */
  rhythm:
    "{\"edition\":1,\"source\":\"township plan (seeds): 帮扶干部每月一次走访\",\"every\":\"month\",\"count\":1}",
  /** 照片同意书 */
  consent:
    "{\"edition\":\"2026-1\",\"title\":\"拍照前请先听清楚\",\"lines\":[\"帮扶干部想拍几张照片，说明来过您家、看到了什么。\",\"只拍房子、院子、水、电、牲畜和粮食，不拍人脸，不拍证件。\",\"照片只给您自己、您的帮扶干部、村里和乡镇看。\",\"不同意也没关系，该办的事照样办，走访照样记。\",\"同意了以后，什么时候想收回都可以，在您自己手机上点，或者跟干部说一声。\",\"收回以后不再拍新的；以前的照片，帮扶干部和村里看不到了，乡镇留作凭证。\",\"要删掉以前的照片，向乡镇提出来。\"]}",
};
