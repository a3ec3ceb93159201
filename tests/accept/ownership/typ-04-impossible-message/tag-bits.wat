;; A bit test on the tag
;; expect: OK
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
  (import "singula/A" "free" (func $free (param externref)))
  (import "singula/P" "imp.connect" (func $connect (param i32 i32) (result externref)))
  (import "singula/P" "imp.send.Ask" (func $ask (param externref externref)))
  (import "singula/P" "imp.next" (func $next (param externref) (result i32)))
  (import "singula/P" "imp.recv.Yes" (func $yes (param externref) (result externref)))
  (import "singula/P" "imp.close" (func $close (param externref)))
  (import "singula/P" "imp.abandon" (func $abandon (param externref)))
  (memory 1)
  (func $main (export "main") (local $e externref) (local $i i32)
  (local.set $e (call $connect (i32.const 0) (i32.const 0))) (if (ref.is_null (local.get $e)) (then (return)))
  (call $ask (local.get $e) (call $new (i32.const 0))) (local.set $i (call $next (local.get $e))) (if (i32.lt_u (local.get $i) (i32.const 32)) (then (if (i32.and (i32.shr_u (i32.const 4) (local.get $i)) (i32.const 1)) (then (call $free (call $yes (local.get $e))) (call $close (local.get $e)) (return))))) (call $abandon (local.get $e)))
)
