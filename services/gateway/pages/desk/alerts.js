/** What calls people who look elsewhere: a short sound without a file, and the browser's notifications. */

const KEY = "pitboss.desk.sound";
let audio = null;

export const isSoundOn = () => localStorage.getItem(KEY) !== "off";

export const setSound = (on) => {
  localStorage.setItem(KEY, on ? "on" : "off");
  if (on) chime();
};

/** Two soft tones; browsers allow them once somebody has touched the page. */
export const chime = () => {
  if (!isSoundOn() || !navigator.userActivation?.hasBeenActive) return;
  audio ??= new AudioContext();
  [660, 880].forEach((pitch, place) => {
    const [tone, volume, at] = [audio.createOscillator(), audio.createGain(), audio.currentTime + place * 0.13];
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0, at);
    volume.gain.linearRampToValueAtTime(0.08, at + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.3);
    tone.connect(volume).connect(audio.destination);
    tone.start(at);
    tone.stop(at + 0.32);
  });
};

export const mayNotify = () => globalThis.Notification?.permission ?? "denied";

/** Ask; browsers want a click for that. */
export const askToNotify = () => Notification.requestPermission();

/** Call somebody whose page is hidden. Nothing that players wrote is shown: the screen may not be his. */
export const notify = (title, body, opened) => {
  if (!document.hidden || mayNotify() !== "granted") return;
  const note = new Notification(title, { body, tag: title });
  note.onclick = () => {
    window.focus();
    opened();
    note.close();
  };
};
