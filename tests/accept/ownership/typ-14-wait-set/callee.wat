;; A helper is given the endpoint instead of the set
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
  (import "singula/Shop" "set.exp.Start.new" (func $Shop.set.exp.Start.new (result externref)))
  (import "singula/Shop" "imp.abandon" (func $Shop.imp.abandon (param externref)))
  (import "singula/Shop" "set.exp.Start.free" (func $Shop.set.exp.Start.free (param externref)))
  (func $main (export "main") (local $s externref) (local $c externref) (local $set externref)
    (local.set $s (call $Shop.channel))
    (if (ref.is_null (local.get $s)) (then (return)))
    (local.set $c (call $Shop.exp.peer (local.get $s)))
    (if (ref.is_null (local.get $c)) (then (call $Shop.exp.abandon (local.get $s)) (return)))
    (local.set $set (call $Shop.set.exp.Start.new))
    (if (ref.is_null (local.get $set)) (then (call $Shop.imp.abandon (local.get $c)) (call $Shop.exp.abandon (local.get $s)) (return)))
    (call $end (local.get $set))
    (call $Shop.exp.abandon (local.get $s))
    (call $Shop.imp.abandon (local.get $c)))
  (func $end (param $set externref)
    (call $Shop.set.exp.Start.free (local.get $set))))
