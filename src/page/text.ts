/**
 * Every word that the page shows, in both languages. The type makes them complete: a text that one
 * language lacks does not compile. Names and counts come in as parameters, because word order differs.
 */

import type { Language } from "../protocol/codes";

/** A language's words: the English ones say which there are. */
export type Texts = typeof ENGLISH;

/** The page's words in a language. */
export function textsIn(language: Language): Texts {
  return language === "zh" ? CHINESE : ENGLISH;
}

const ENGLISH = {
  skipToComposer: "Skip to message box",
  rooms: "Rooms",
  recentRooms: "Recent rooms",
  goToRoom: "Go to room",
  roomName: "Room name",
  go: "Go",
  badRoomName: "A room's name has 1 to 64 characters and no slashes.",
  closePanel: "Close",
  people: "People",
  online: (count: string) => `${count} online`,
  you: "you",
  crowd: "Too many people to list here.",
  nobodyElse: "Nobody else is here now. Your messages will wait.",

  messagesIn: (room: string) => `Messages in ${room}`,
  loadingOlder: "Loading older messages…",
  olderFailed: "Older messages could not be loaded.",
  tryAgain: "Try again",
  olderLoaded: (count: string) => `${count} older messages loaded`,
  startOfRoom: (room: string) => `This is the start of ${room}.`,
  sayHello: "Say hello, or send somebody the address of this page.",
  entered: (names: string) => `${names} joined`,
  left: (names: string) => `${names} left`,
  others: (count: string) => `${count} others`,
  newMessages: (count: string) => `${count} new`,
  latest: "Latest",
  jumpToLatest: "Jump to latest messages",
  sending: "Sending",
  waiting: "Waiting to send",
  failed: "Not sent.",
  refused: (reason: string) => `Not sent: ${reason}`,
  retry: "Retry",
  discard: "Delete",
  said: (name: string, message: string) => `${name}: ${message}`,
  manyNew: (count: string, name: string) => `${count} new messages, last from ${name}`,

  messageTo: (room: string) => `Message ${room}`,
  send: "Send message",
  emoji: "Emoji",
  emojiLoading: "Loading emoji…",
  emojiFailed: "The emoji could not be loaded.",
  tooLong: "This message is too long to send. Please shorten it.",
  typing: (names: string, count: number) => `${names} ${count === 1 ? "is" : "are"} typing…`,
  manyTyping: "Several people are typing…",

  connecting: "Connecting…",
  reconnecting: "Reconnecting…",
  stillTrying: (seconds: string) => `Still trying. Next try in ${seconds} s.`,
  tryNow: "Try now",
  offline: "You are offline.",
  offlineWaiting: (count: number) =>
    count === 1
      ? "You are offline. 1 message will be sent when you are back."
      : `You are offline. ${count} messages will be sent when you are back.`,
  backOnline: "Back online.",
  goingAway: "The server is restarting. You will be back in a moment.",
  replaced: "Open in another place.",
  useHere: "Use here",
  kicked: "You were removed from this room.",
  banned: "You are banned from this room.",
  signedOut: "Your session was not accepted.",
  outdated: "A new version of this page is ready.",
  reload: "Reload",
  shutOut: "This room did not let you in.",

  editProfile: "Edit your name and picture",
  yourProfile: "You in this room",
  yourName: "Name",
  yourEmail: "Email for your picture (optional)",
  emailUse:
    "Your browser turns it into a fingerprint to find your Gravatar picture. The address is not sent.",
  pictureFailed: "The picture could not be set just now. Your name was saved.",
  save: "Save",
  cancel: "Cancel",
};

const CHINESE: Texts = {
  skipToComposer: "跳到输入框",
  rooms: "房间",
  recentRooms: "最近的房间",
  goToRoom: "前往房间",
  roomName: "房间名称",
  go: "前往",
  badRoomName: "房间名称为1至64个字符，不含斜杠。",
  closePanel: "关闭",
  people: "成员",
  online: (count) => `${count}人在线`,
  you: "您",
  crowd: "人数过多，此处不一一列出。",
  nobodyElse: "现在没有其他人在线，您的消息会保留。",

  messagesIn: (room) => `${room} 的消息`,
  loadingOlder: "正在加载更早的消息…",
  olderFailed: "无法加载更早的消息。",
  tryAgain: "重试",
  olderLoaded: (count) => `已加载${count}条更早的消息`,
  startOfRoom: (room) => `这是 ${room} 的开端。`,
  sayHello: "打个招呼，或把本页地址发给朋友。",
  entered: (names) => `${names}加入了房间`,
  left: (names) => `${names}离开了房间`,
  others: (count) => `其他${count}人`,
  newMessages: (count) => `${count}条新消息`,
  latest: "最新消息",
  jumpToLatest: "跳到最新消息",
  sending: "正在发送",
  waiting: "等待发送",
  failed: "未发送。",
  refused: (reason) => `未发送：${reason}`,
  retry: "重试",
  discard: "删除",
  said: (name, message) => `${name}：${message}`,
  manyNew: (count, name) => `${count}条新消息，最后一条来自${name}`,

  messageTo: (room) => `发送消息到 ${room}`,
  send: "发送消息",
  emoji: "表情",
  emojiLoading: "正在加载表情…",
  emojiFailed: "无法加载表情。",
  tooLong: "消息过长，无法发送。请缩短后再试。",
  typing: (names) => `${names}正在输入…`,
  manyTyping: "多人正在输入…",

  connecting: "正在连接…",
  reconnecting: "正在重新连接…",
  stillTrying: (seconds) => `仍在尝试，${seconds}秒后重试。`,
  tryNow: "立即重试",
  offline: "您已离线。",
  offlineWaiting: (count) => `您已离线。${count}条消息将在恢复连接后发送。`,
  backOnline: "已恢复连接。",
  goingAway: "服务器正在重启，马上恢复。",
  replaced: "已在别处打开。",
  useHere: "在此使用",
  kicked: "您已被移出此房间。",
  banned: "您已被禁止进入此房间。",
  signedOut: "登录未被接受。",
  outdated: "新版本已就绪。",
  reload: "刷新",
  shutOut: "无法进入此房间。",

  editProfile: "修改名字和头像",
  yourProfile: "您在此房间的资料",
  yourName: "名字",
  yourEmail: "用于头像的邮箱（可选）",
  emailUse: "浏览器会把邮箱换算成指纹来查找 Gravatar 头像，邮箱地址不会发送。",
  pictureFailed: "暂时无法设置头像，名字已保存。",
  save: "保存",
  cancel: "取消",
};
