;; A helper that only reads gets frozen blocks and others
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
  (import "singula/Page" "number.get" (func $number (param externref) (result i32)))
  (import "singula/Page" "free" (func $pfree (param externref)))
  (import "singula/Page" "freeze" (func $pfreeze (param externref) (result externref)))
  (memory 1)
  (func $full (result externref) (local $p externref)
    (local.set $p (call $page)) (call $must (local.get $p) (call $text (i32.const 4))) (local.get $p))
  (func $look (param $p externref) (drop (call $number (local.get $p))))
  (func $main (export "main") (local $a externref) (local $b externref) (local $n i32)
    (local.set $b (call $full)) (call $look (local.get $b)) (call $pfree (local.get $b)) (local.set $a (call $pfreeze (call $full))) (call $look (local.get $a)) (call $pfree (local.get $a)))
)
