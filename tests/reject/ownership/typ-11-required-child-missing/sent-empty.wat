;; A block is sent with an empty required field
;; expect: TYP_FIELD_EMPTY func=8 offset=0x12c
;; monitor: - nobody publishes the name, so connect gives null
;; contract: block A { x: i32; kid: A; data: u8[]; }
;; contract: block B { must: A!; y: i32; }
;; contract: contract P {
;; contract:   in message Ask(A a);
;; contract:   in message More(B b);
;; contract:   out message Yes(A a);
;; contract:   out message No(i32 why);
;; contract:   state Start: one { Ask? -> Asked; end; }
;; contract:   state Asked: one { Yes! -> Start; No! -> Again; }
;; contract:   state Again: More? -> Start;
;; contract: }
(module
  (import "singula/A" "new" (func $new (param i32) (result externref)))
  (import "singula/B" "new" (func $newB (result externref)))
  (import "singula/P" "imp.connect" (func $connect (param i32 i32) (result externref)))
  (import "singula/P" "imp.send.Ask" (func $ask (param externref externref)))
  (import "singula/P" "imp.send.More" (func $more (param externref externref)))
  (import "singula/P" "imp.next" (func $next (param externref) (result i32)))
  (import "singula/P" "imp.recv.No" (func $no (param externref i32)))
  (import "singula/P" "imp.abandon" (func $abandon (param externref)))
  (memory 1)
  (func $main (export "main") (local $a externref) (local $e externref) 
  (local.set $e (call $connect (i32.const 0) (i32.const 0))) (if (ref.is_null (local.get $e)) (then (return)))
  (local.set $a (call $new (i32.const 4))) (call $ask (local.get $e) (local.get $a)) (if (i32.eq (call $next (local.get $e)) (i32.const 3)) (then (call $no (local.get $e) (i32.const 0)) (call $more (local.get $e) (call $newB)))) (call $abandon (local.get $e)))
)
