;; Receiving although the peer is known to have closed
;; expect: CON_CLOSED func=12 offset=0x18a
;; monitor: X_PEER_CLOSED
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
  (import "singula/P" "imp.abandon" (func $abandon (param externref)))
  (import "singula/P" "exp.listen" (func $p.listen (param i32 i32) (result externref)))
  (import "singula/P" "listener.accept" (func $p.accept (param externref) (result externref)))
  (import "singula/P" "listener.close" (func $p.close (param externref)))
  (import "singula/P" "exp.next" (func $p.next (param externref) (result i32)))
  (import "singula/P" "exp.abandon" (func $p.abandon (param externref)))
  (memory 1)
  (data (i32.const 0) "p")
  (func $main (export "main") (local $e externref) 
  (local.set $e (call $connect (i32.const 0) (i32.const 1))) (if (ref.is_null (local.get $e)) (then (return)))
  (call $ask (local.get $e) (call $new (i32.const 0))) (if (i32.eq (call $next (local.get $e)) (i32.const -1)) (then (call $free (call $yes (local.get $e))))) (call $abandon (local.get $e)))
  ;; publishes the name, takes the first client, and closes at its first message
  (func $partner (export "partner") (local $l externref) (local $s externref)
    (local.set $l (call $p.listen (i32.const 0) (i32.const 1)))
    (if (ref.is_null (local.get $l)) (then (return)))
    (local.set $s (call $p.accept (local.get $l)))
    (if (i32.eqz (ref.is_null (local.get $s)))
      (then (drop (call $p.next (local.get $s))) (call $p.abandon (local.get $s))))
    (call $p.close (local.get $l)))
)
