;; A block that can be written is sent, put and shared where a frozen one is wanted
;; expect: OK
;; contract: block Note { text: u8[]; }
;; contract: block Item { id: u32; note: Note; }
;; contract: block Page { note: Note!; mark: frozen Note; }
;; contract: slots Item[8];
;; contract: slots frozen Note[4];
;; contract: slots Page[2];
;; contract: contract Shop capacity 4 {
;; contract:   in message Ask(Note wish);
;; contract:   in message Show(frozen Note poster);
;; contract:   out message Offer(Item item);
;; contract:   state Start: one { Ask? -> Asked; Show? -> Start; end; }
;; contract:   state Asked: Offer! -> Start;
;; contract: }
;; contract: slots imp Shop:Start[4];
(module
  (import "singula/Shop" "channel" (func $Shop.channel (result externref)))
  (import "singula/Shop" "exp.peer" (func $Shop.exp.peer (param externref) (result externref)))
  (import "singula/Shop" "exp.abandon" (func $Shop.exp.abandon (param externref)))
  (import "singula/Note" "freeze" (func $Note.freeze (param externref) (result externref)))
  (import "singula/Note" "new" (func $Note.new (param i32) (result externref)))
  (import "singula/Shop" "imp.send.Show" (func $Shop.imp.send.Show (param externref externref)))
  (import "singula/Shop" "imp.abandon" (func $Shop.imp.abandon (param externref)))
  (func $main (export "main") (local $s externref) (local $c externref) (local $note externref)
    (local.set $s (call $Shop.channel))
    (if (ref.is_null (local.get $s)) (then (return)))
    (local.set $c (call $Shop.exp.peer (local.get $s)))
    (if (ref.is_null (local.get $c)) (then (call $Shop.exp.abandon (local.get $s)) (return)))
    (local.set $note (call $Note.freeze (call $Note.new (i32.const 3))))
    (call $Shop.imp.send.Show (local.get $c) (local.get $note))
    (call $Shop.imp.abandon (local.get $c))
    (call $Shop.exp.abandon (local.get $s))))
