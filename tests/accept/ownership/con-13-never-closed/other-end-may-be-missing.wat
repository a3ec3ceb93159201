;; A channel whose other end cannot be had
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
  (import "singula/P" "imp.abandon" (func $abandon (param externref)))
  (import "singula/P" "channel" (func $channel (result externref)))
  (import "singula/P" "exp.peer" (func $peer (param externref) (result externref)))
  (import "singula/P" "exp.abandon" (func $xclose (param externref)))
  (memory 1)
  (func $main (export "main") (local $b externref) (local $e externref) 
  (local.set $e (call $channel)) (if (ref.is_null (local.get $e)) (then (return))) (local.set $b (call $peer (local.get $e))) (if (i32.eqz (ref.is_null (local.get $b))) (then (call $abandon (local.get $b)))) (call $xclose (local.get $e)))
)
