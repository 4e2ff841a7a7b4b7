/** The short names that are known without the emoji picker: the common ones of GitHub's list. */

/** Name, emoji, name, emoji …, apart by white space: shorter than an object literal, and read once. */
const TABLE = `
  grinning 😀 smiley 😃 smile 😄 grin 😁 laughing 😆 sweat_smile 😅 rofl 🤣 joy 😂
  slightly_smiling_face 🙂 upside_down_face 🙃 wink 😉 blush 😊 innocent 😇 heart_eyes 😍 star_struck 🤩
  kissing_heart 😘 yum 😋 stuck_out_tongue 😛 stuck_out_tongue_winking_eye 😜 zany_face 🤪 hugs 🤗
  thinking 🤔 zipper_mouth_face 🤐 raised_eyebrow 🤨 neutral_face 😐 expressionless 😑 no_mouth 😶
  smirk 😏 unamused 😒 roll_eyes 🙄 grimacing 😬 lying_face 🤥 relieved 😌 pensive 😔 sleepy 😪
  drooling_face 🤤 sleeping 😴 mask 😷 nauseated_face 🤢 sneezing_face 🤧 hot_face 🥵 cold_face 🥶
  dizzy_face 😵 exploding_head 🤯 cowboy_hat_face 🤠 partying_face 🥳 sunglasses 😎 nerd_face 🤓
  monocle_face 🧐 confused 😕 worried 😟 frowning_face ☹️ open_mouth 😮 hushed 😯 astonished 😲
  flushed 😳 pleading_face 🥺 fearful 😨 cold_sweat 😰 cry 😢 sob 😭 scream 😱 confounded 😖 persevere 😣
  disappointed 😞 sweat 😓 weary 😩 tired_face 😫 yawning_face 🥱 triumph 😤 rage 😡 angry 😠
  cursing_face 🤬 smiling_imp 😈 skull 💀 poop 💩 clown_face 🤡 ghost 👻 alien 👽 robot 🤖 smiley_cat 😺
  joy_cat 😹 see_no_evil 🙈 hear_no_evil 🙉 speak_no_evil 🙊 kiss 💋 heart ❤️ orange_heart 🧡
  yellow_heart 💛 green_heart 💚 blue_heart 💙 purple_heart 💜 black_heart 🖤 white_heart 🤍
  brown_heart 🤎 broken_heart 💔 two_hearts 💕 sparkling_heart 💖 heartbeat 💓 100 💯 anger 💢 boom 💥
  dizzy 💫 sweat_drops 💦 dash 💨 hole 🕳️ bomb 💣 speech_balloon 💬 zzz 💤 wave 👋
  raised_back_of_hand 🤚 hand ✋ vulcan_salute 🖖 ok_hand 👌 pinching_hand 🤏 v ✌️ crossed_fingers 🤞
  love_you_gesture 🤟 metal 🤘 call_me_hand 🤙 point_left 👈 point_right 👉 point_up_2 👆
  point_down 👇 point_up ☝️ +1 👍 thumbsup 👍 -1 👎 thumbsdown 👎 fist_raised ✊ fist_oncoming 👊
  clap 👏 raised_hands 🙌 open_hands 👐 handshake 🤝 pray 🙏 writing_hand ✍️ nail_care 💅 selfie 🤳
  muscle 💪 ear 👂 eyes 👀 eye 👁️ brain 🧠 tongue 👅 baby 👶 girl 👧 boy 👦 man 👨 woman 👩
  older_man 👴 older_woman 👵 facepalm 🤦 shrug 🤷 raising_hand 🙋 bow 🙇 ninja 🥷 santa 🎅 superhero 🦸
  zombie 🧟 dancer 💃 walking 🚶 running 🏃 family 👪 footprints 👣 monkey 🐒 dog 🐶 cat 🐱 lion 🦁
  tiger 🐯 horse 🐴 unicorn 🦄 cow 🐮 pig 🐷 mouse 🐭 rabbit 🐰 bear 🐻 panda_face 🐼 koala 🐨 chicken 🐔
  penguin 🐧 bird 🐦 eagle 🦅 duck 🦆 owl 🦉 frog 🐸 turtle 🐢 snake 🐍 dragon 🐉 whale 🐳 dolphin 🐬
  fish 🐟 octopus 🐙 shell 🐚 snail 🐌 butterfly 🦋 bug 🐛 ant 🐜 bee 🐝 spider 🕷️ bouquet 💐
  cherry_blossom 🌸 rose 🌹 sunflower 🌻 tulip 🌷 seedling 🌱 evergreen_tree 🌲 palm_tree 🌴 cactus 🌵
  herb 🌿 four_leaf_clover 🍀 maple_leaf 🍁 mushroom 🍄 grapes 🍇 watermelon 🍉 lemon 🍋 banana 🍌
  pineapple 🍍 apple 🍎 peach 🍑 cherries 🍒 strawberry 🍓 tomato 🍅 avocado 🥑 corn 🌽 hot_pepper 🌶️
  bread 🍞 croissant 🥐 cheese 🧀 egg 🥚 bacon 🥓 hamburger 🍔 fries 🍟 pizza 🍕 hotdog 🌭 taco 🌮
  sushi 🍣 ramen 🍜 rice 🍚 dumpling 🥟 icecream 🍦 doughnut 🍩 cookie 🍪 birthday 🎂 cake 🍰
  chocolate_bar 🍫 candy 🍬 coffee ☕ tea 🍵 beer 🍺 beers 🍻 wine_glass 🍷 cocktail 🍸 champagne 🍾
  tada 🎉 clinking_glasses 🥂 earth_africa 🌍 earth_asia 🌏 world_map 🗺️ mountain ⛰️
  beach_umbrella 🏖️ house 🏠 office 🏢 hospital 🏥 school 🏫 rocket 🚀 airplane ✈️ car 🚗 bus 🚌
  bike 🚲 train 🚋 ship 🚢 anchor ⚓ construction 🚧 hourglass ⌛ watch ⌚ alarm_clock ⏰ sunny ☀️
  cloud ☁️ rainbow 🌈 umbrella ☔ zap ⚡ snowflake ❄️ snowman ⛄ fire 🔥 droplet 💧 ocean 🌊 star ⭐
  star2 🌟 sparkles ✨ moon 🌔 crescent_moon 🌙 jack_o_lantern 🎃 christmas_tree 🎄 fireworks 🎆
  balloon 🎈 confetti_ball 🎊 gift 🎁 trophy 🏆 medal_sports 🏅 1st_place_medal 🥇 soccer ⚽
  basketball 🏀 tennis 🎾 dart 🎯 video_game 🎮 game_die 🎲 art 🎨 musical_note 🎵 notes 🎶
  microphone 🎤 headphones 🎧 guitar 🎸 computer 💻 keyboard ⌨️ phone ☎️ tv 📺 camera 📷 bulb 💡
  book 📖 books 📚 pencil 📝 memo 📝 calendar 📆 chart_with_upwards_trend 📈 pushpin 📌 paperclip 📎
  scissors ✂️ lock 🔒 unlock 🔓 key 🔑 hammer 🔨 wrench 🔧 gear ⚙️ link 🔗 microscope 🔬 telescope 🔭
  pill 💊 door 🚪 bell 🔔 mailbox 📫 package 📦 warning ⚠️ no_entry ⛔ white_check_mark ✅
  heavy_check_mark ✔️ x ❌ question ❓ exclamation ❗ recycle ♻️ heavy_plus_sign ➕ arrow_right ➡️
  arrow_left ⬅️ arrow_up ⬆️ arrow_down ⬇️ checkered_flag 🏁
`;

const EMOJI_BY_NAME: ReadonlyMap<string, string> = readTable(TABLE);

const SHORT_NAME = /:([a-z0-9_+-]+):/g;
const SHORT_NAME_AT_END = /:([a-z0-9_+-]+):$/;

/** Replaces every known `:short_name:`; unknown ones stay as they were written. */
export function expandShortNames(text: string): string {
  return text.replace(SHORT_NAME, (written, name: string) => EMOJI_BY_NAME.get(name) ?? written);
}

/** The known short name that a text ends with, and its emoji. It is asked at every closing colon. */
export function shortNameAtEnd(
  text: string,
): { readonly written: string; readonly emoji: string } | undefined {
  const match = SHORT_NAME_AT_END.exec(text);
  const emoji = EMOJI_BY_NAME.get(match?.[1] ?? "");
  return match === null || emoji === undefined ? undefined : { written: match[0], emoji };
}

function readTable(table: string): Map<string, string> {
  const words = table.trim().split(/\s+/);
  const pairs = words.flatMap((name, index) =>
    index % 2 === 0 ? [[name, words[index + 1] ?? ""] as const] : [],
  );
  return new Map(pairs);
}
