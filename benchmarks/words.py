"""Prose to fill feeds with: English and Chinese of our own making, seeded, no two texts alike.

The vocabularies are wide (about 1,900 English forms, 7,000 Chinese words), so that two stories
share single words, as real ones do, but hardly ever four in a row, the stock phrases apart.
"""

import random
from dataclasses import dataclass
from itertools import accumulate


def _words(text: str) -> list[str]:
    return text.split()


_ENGLISH_FUNCTION = _words("""
    the of and to in a is that for it as was with be by on not he his but at are this have from or
    had an they which one you were her all she there would their we him been has when who will
    more no if out so said what up its about into than them can only other new some could time
    these two may then do first any my now such like our over man me even most made after also
""")
_ENGLISH_CONTENT = _words("""
    harbor copper lantern orchard granite signal ledger compass meadow engine voyage textile
    museum glacier battery festival railway library canyon satellite kitchen painter budget
    council reactor pension archive tunnel journal pigment volcano sensor gallery furnace planet
    island market bridge forest poem novel tariff election village mayor teacher student soldier
    farmer doctor lawyer pilot sailor engineer chemist dancer singer actor critic editor printer
    mirror window ladder hammer needle thread carpet curtain pillow blanket basket bottle barrel
    bucket shovel anchor rudder paddle canvas rocket turbine magnet crystal fossil mineral marble
    timber cotton silk leather rubber plastic cement gravel pebble river valley desert prairie
    swamp lagoon reef coast cliff ridge summit plateau horizon thunder blizzard drought flood
    harvest wheat barley maize rice lentil pepper ginger saffron vanilla cocoa coffee sugar butter
    cheese yogurt biscuit noodle dumpling pastry kettle oven recipe dinner supper picnic holiday
    journey passport luggage ticket platform carriage wagon bicycle scooter tractor trailer garage
    highway traffic avenue plaza market tower castle palace temple chapel monastery cemetery
    monument statue portrait sketch mural mosaic pottery enamel ribbon button collar sleeve jacket
    sweater sandal protein enzyme vaccine antibody neuron muscle tendon skeleton genome microbe
    fungus lichen orchid tulip willow cedar maple walnut almond cherry peach apricot lemon melon
    pumpkin spinach radish turnip falcon heron sparrow pigeon raven otter badger beaver rabbit
    squirrel hedgehog dolphin salmon lobster oyster squid turtle lizard beetle cricket hornet
    algorithm compiler kernel database protocol router packet browser cursor keyboard printer
    scanner monitor antenna circuit transistor theorem lemma matrix vector tensor polygon sphere
    cylinder fraction integer equation gradient auction broker dividend invoice mortgage rebate
    subsidy surplus deficit inflation currency treasury
""")
_CHINESE_FUNCTION = _words("""
    的 了 在 是 和 与 将 对 从 也 为 被 把 而 及 其 并 就 都 还 已 更 最 又 向 由 以 于 但 或
""")
_CHINESE_CONTENT = _words("""
    市场 公司 经济 发展 技术 企业 项目 政策 数据 城市 研究 教育 投资 消费 产业 改革 创新 金融 能源
    环境 交通 医疗 文化 旅游 农业 工业 贸易 出口 价格 需求 供应 合作 协议 计划 报告 会议 专家 学者
    记者 居民 学生 教师 工程 机器 芯片 网络 平台 系统 软件 模型 算法 电池 汽车 铁路 机场 港口 桥梁
    隧道 河流 山脉 森林 草原 海洋 气候 降雨 台风 地震 卫星 火箭 实验 论文 期刊 博物 画展 音乐 电影
    戏剧 小说 诗歌 书店 厨房 茶叶 咖啡 水果 蔬菜 大米 小麦 牛奶 鸡蛋 面条 豆腐
""")
_ENGLISH_PHRASES = (
    "according to people familiar with the matter",
    "at the end of the day",
    "as of the time of writing",
    "did not immediately respond to a request for comment",
    "for the first time in years",
    "in a statement on the company website",
    "it remains to be seen whether",
    "the rest of this article is",
)
_CHINESE_PHRASES = (
    "据知情人士透露",
    "截至目前为止",
    "相关负责人表示",
    "业内人士分析认为",
    "在接受本报记者采访时",
    "值得注意的是",
    "与去年同期相比",
    "有关部门尚未作出回应",
)
_HANZI = (
    "安百半包保北本比笔变标表冰波博步采彩草层茶产长常场超车城成程池出初川船春纯词村达大带单导道"
    "灯地点电店东动都独度短断队多恩发法帆方飞非分风丰峰服福府复富改干甘刚高歌革格工公功古谷故关"
    "观光广归贵国果海含寒行航好合和河黑红后湖花华化画环黄汇会火机积基级极集计记技济季家加价间建"
    "健江讲交角教街节结金进近京经精景静境九旧局举具剧军开康科空口快宽矿来蓝老乐雷类离里理力历立"
    "利连联粮良两林灵岭流龙楼路旅绿论落马满茂美门密面民名明模木目内南能年农暖欧盘培品平铺期奇"
    "旗企气器千前强桥青轻清情秋求区曲取权泉全群热人日荣容入三色森沙山商上少社设深神生声省胜师诗"
    "十石时识实史市世式事室收手首书树数水思四松苏速台太谈探特题体天田条铁通同铜图土团外湾完万网"
    "望微维卫文问屋五物西希息溪系细峡夏先现线乡香祥想象项小效校新信星形兴学雪训亚研岩盐阳样药业"
    "页夜一医依移艺意音银引英营影永用优油游友有鱼语玉育园原远源月云运杂再造展站张照真镇正政知直"
    "植指志质中种重州洲竹主住筑专转装状准资紫自字总走组作座"
)
_SYLLABLES = _words("""
    ba ker lo min tar vo sel ri dun ash ver ka no ro bel tin gar mo shi len
""")


@dataclass(frozen=True)
class Language:
    """One language's words, how often each comes, and how they are put together."""

    code: str
    words: tuple[str, ...]
    weights: tuple[float, ...]  # cumulative
    names: tuple[str, ...]
    phrases: tuple[str, ...]  # that everyone writes
    credit: str  # what a site adds to each of its entries
    gap: str
    comma: str
    stop: str
    lengths: tuple[int, int]  # words in a sentence

    def some(self, rng: random.Random, count: int) -> list[str]:
        return rng.choices(self.words, cum_weights=self.weights, k=count)

    def title(self, rng: random.Random) -> str:
        few = (self.lengths[0] + 2) // 2
        text = self.gap.join([rng.choice(self.names), *self.some(rng, rng.randint(few, few + 4))])
        return text[0].upper() + text[1:]

    def sentence(self, rng: random.Random, names: list[str]) -> str:
        """Half the sentences name who the story is about; some carry a figure or a phrase."""
        words = self.some(rng, rng.randint(*self.lengths))
        luck = rng.random()
        if luck < 0.5:
            words[0] = rng.choice(names)
        if luck < 0.15:
            words.insert(len(words) // 2, str(rng.randint(2, 9999)))
        if luck > 0.92:
            words.append(rng.choice(self.phrases))
        if len(words) > 10:
            words[len(words) // 2] += self.comma
        text = self.gap.join(words)
        return text[0].upper() + text[1:] + self.stop


def _weights(function: list[str], content: list[str]) -> tuple[float, ...]:
    """A third of all words are function words; the rest come about equally often."""
    shares = [1 / 3 / len(function)] * len(function) + [2 / 3 / len(content)] * len(content)
    return tuple(accumulate(shares))


def _english() -> Language:
    endings = ("", "s", "ed", "ing", "ish", "less")
    content = sorted({word + ending for word in _ENGLISH_CONTENT for ending in endings})
    names = [(a + b + c).capitalize() for a in _SYLLABLES for b in _SYLLABLES for c in _SYLLABLES]
    return Language(
        code="en",
        words=(*_ENGLISH_FUNCTION, *content),
        weights=_weights(_ENGLISH_FUNCTION, content),
        names=tuple(names),
        phrases=_ENGLISH_PHRASES,
        credit="This post appeared first on",
        gap=" ",
        comma=",",
        stop=".",
        lengths=(8, 24),
    )


def _chinese() -> Language:
    rng = random.Random("hanzi")
    pairs = [a + b for a in _HANZI for b in _HANZI if a != b]
    content = _CHINESE_CONTENT + rng.sample(pairs, 7000)
    names = ["".join(rng.choices(_HANZI, k=3)) for _ in range(6000)]
    return Language(
        code="zh",
        words=(*_CHINESE_FUNCTION, *content),
        weights=_weights(_CHINESE_FUNCTION, content),
        names=tuple(names),
        phrases=_CHINESE_PHRASES,
        credit="本文首发于",
        gap="",
        comma="，",
        stop="。",
        lengths=(9, 22),
    )


ENGLISH = _english()
CHINESE = _chinese()
