;; What comes out of a slot is freed in each round
;; expect: OK
;; contract: block Text { bytes: u8[]; }
;; contract: block Page { must: Text!; side: Text; cover: frozen Text; number: u32; }
;; contract: slots Page[4];
;; contract: slots frozen Page[4];
;; contract: slots exp Press:Idle[2];
;; contract: contract Press {
;; contract:     in message Print(frozen Page page);
;; contract:     out message Done();
;; contract:     state Idle: one { Print? -> Busy; end; }
;; contract:     state Busy: Done! -> Idle;
;; contract: }
(module
  (import "singula/Page" "new" (func $page (result externref)))
  (import "singula/Page" "must.put" (func $must (param externref externref)))
  (import "singula/Text" "new" (func $text (param i32) (result externref)))
  (import "singula/Page" "slot.swap" (func $swap (param i32 externref) (result externref)))
  (import "singula/Page" "free" (func $pfree (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func $full (result externref) (local $p externref)
    (local.set $p (call $page)) (call $must (local.get $p) (call $text (i32.const 4))) (local.get $p))
  (func $main (export "main") (local $a externref) (local $n i32)
    (loop $l (local.set $a (call $swap (i32.const 0) (call $full))) (call $pfree (local.get $a)) (br_if $l (call $choose))))
)
