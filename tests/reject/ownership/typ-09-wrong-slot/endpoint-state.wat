;; An endpoint is kept in a slot while its answer is due
;; expect: TYP_ENDPOINT_STATE func=7 offset=0x121
;; monitor: MON_STATE
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
  (import "singula/Shop" "imp.send.Ask" (func $Shop.imp.send.Ask (param externref externref)))
  (import "singula/Note" "new" (func $Note.new (param i32) (result externref)))
  (import "singula/Shop" "slot.imp.Start.swap" (func $Shop.slot.imp.Start.swap (param i32 externref) (result externref)))
  (import "singula/Shop" "imp.close" (func $Shop.imp.close (param externref)))
  (func $main (export "main") (local $s externref) (local $c externref) (local $old externref)
    (local.set $s (call $Shop.channel))
    (if (ref.is_null (local.get $s)) (then (return)))
    (local.set $c (call $Shop.exp.peer (local.get $s)))
    (if (ref.is_null (local.get $c)) (then (call $Shop.exp.abandon (local.get $s)) (return)))
    (call $Shop.imp.send.Ask (local.get $c) (call $Note.new (i32.const 1)))
    (local.set $old (call $Shop.slot.imp.Start.swap (i32.const 0) (local.get $c)))
    (if (i32.eqz (ref.is_null (local.get $old))) (then (call $Shop.imp.close (local.get $old))))
    (call $Shop.exp.abandon (local.get $s))))
